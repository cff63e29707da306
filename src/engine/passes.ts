import type { Gpu, Slice } from "../gpu/index.ts";
import { differentiate, elementsOf, mul, type Tensor, trace } from "../graph/index.ts";
import { type BatchTypes, Inputs, leavesOf } from "./inputs.ts";
import type { Value } from "./launch.ts";
import { lower } from "./lower/lower.ts";
import { deviceOf, type Request } from "./lower/program.ts";
import { buildPlan, type Plan } from "./plan/plan.ts";
import type { Weights } from "./weights.ts";
import { Workspace } from "./workspace.ts";

/** Named tensors: what a pass computes. */
export type Outputs = Readonly<Record<string, Tensor>>;

/** The parts of a batch as tensors of a graph. */
export type LeavesOf<Types extends BatchTypes> = { readonly [Name in keyof Types]: Tensor };

/** A way of batches through a model, built once: write `inputs`, encode `plan.dispatches`, and the results are there. */
export interface Pass {
  readonly inputs: Inputs;
  readonly plan: Plan;
  /** Each output by its name: where it is, how many elements it has, and whether they are uint32. */
  readonly results: Readonly<
    Record<string, { readonly slice: Slice; readonly elements: number; readonly isIndex: boolean }>
  >;
  destroy(): void;
}

export interface TrainingPassOptions<Types extends BatchTypes> {
  readonly batch: Types;
  /** The loss to be made small, one number, and other numbers to be told of. */
  readonly outputs: (batch: LeavesOf<Types>) => { readonly loss: Tensor } & Outputs;
  /** float32 [1]: what the loss is multiplied with before it is differentiated. */
  readonly lossScale?: Slice | undefined;
  /** Gradients are added to what is there. */
  readonly accumulates?: boolean;
}

/** Forward, loss and backward: leaves the gradients of a batch's loss in the places of the weights'. */
export async function trainingPass<Types extends BatchTypes>(
  gpu: Gpu,
  weights: Weights,
  { batch, outputs, lossScale, accumulates = false }: TrainingPassOptions<Types>,
): Promise<Pass> {
  const leaves = leavesOf(batch);
  const scale = lossScale && leavesOf({ lossScale: { shape: [1], dtype: "float32" } }).lossScale;
  const { result, updates } = trace(true, () => {
    const named = outputs(leaves);
    const loss = scale ? mul(named.loss, scale) : named.loss;
    return { named, gradients: differentiate(loss, weights.leaves) };
  });
  const places = new Map<Value, Slice>();
  const aim = (tensor: Tensor, slice: Slice, label: string, adds = false): Request => {
    const value: Value = { label, elements: elementsOf(tensor.shape), dtype: "float32" };
    places.set(value, slice);
    return { tensor, target: { value, accumulates: adds } };
  };
  const requests = [
    ...Object.values(result.named).map((tensor) => ({ tensor })),
    ...result.gradients.map((tensor, i) => aim(tensor, weights.gradient(i), "gradient", accumulates)),
    ...[...updates].map(([state, tensor]) => ({
      ...aim(tensor, weights.place(state) as Slice, "state"),
      isLate: true,
    })),
  ];
  return build(gpu, weights, leaves, requests, result.named, places, (leaf) =>
    leaf === scale ? lossScale : undefined,
  );
}

/** Forward only, as the model is in evaluation. */
export async function evaluationPass<Types extends BatchTypes>(
  gpu: Gpu,
  weights: Weights,
  batch: Types,
  outputs: (batch: LeavesOf<Types>) => Outputs,
): Promise<Pass> {
  const leaves = leavesOf(batch);
  const { result } = trace(false, () => outputs(leaves));
  const requests = Object.values(result).map((tensor) => ({ tensor }));
  return build(gpu, weights, leaves, requests, result, new Map(), () => undefined);
}

async function build(
  gpu: Gpu,
  weights: Weights,
  leaves: Readonly<Record<string, Tensor>>,
  requests: readonly Request[],
  named: Outputs,
  places: Map<Value, Slice>,
  elsewhere: (leaf: Tensor) => Slice | undefined,
): Promise<Pass> {
  const workspace = new Workspace(gpu);
  try {
    const inputs = new Inputs(gpu, workspace, leaves);
    const program = lower(requests, deviceOf(gpu));
    for (const [leaf, value] of program.leaves) {
      const slice = weights.place(leaf) ?? inputs.place(leaf) ?? elsewhere(leaf);
      if (!slice) throw new RangeError(strange(leaf));
      places.set(value, slice);
    }
    const plan = await buildPlan(gpu, program, places);
    const results = Object.fromEntries(
      Object.entries(named).map(([name, tensor]) => {
        const elements = elementsOf(tensor.shape);
        const slice = { ...plan.slice(program.results.get(tensor) as Value), size: elements * 4 };
        return [name, { slice, elements, isIndex: tensor.dtype === "uint32" }];
      }),
    );
    const destroy = (): void => {
      plan.destroy();
      workspace.destroy();
    };
    return { inputs, plan, results, destroy };
  } catch (error) {
    workspace.destroy();
    throw error;
  }
}

const strange = ({ node, shape }: Tensor): string =>
  `model: it uses a ${node.operation.op} of shape [${shape.join(", ")}] that is not among its parameters (made at ` +
  `${node.where || "an unknown place"}). Name it in the model's parts.`;
