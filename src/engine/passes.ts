import { type Gpu, roundUp, type Slice } from "../gpu/index.ts";
import {
  type DType,
  differentiate,
  elementsOf,
  GraphError,
  input,
  key,
  keys,
  mul,
  substitute,
  sum,
  type Tensor,
  trace,
  vectorize,
} from "../graph/index.ts";
import { padded } from "./copies.ts";
import { type BatchTypes, Inputs, leavesOf } from "./inputs.ts";
import type { MatmulTable } from "./kernels/matmulChoice.ts";
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

/** A pass that leaves gradients behind, and the numbers it is told of by. */
export interface TrainingPass extends Pass {
  /** All results, in one piece: what has to be read to be told of a batch. */
  readonly metrics: Slice;
}

export interface TrainingPassOptions<Types extends BatchTypes> {
  readonly batch: Types;
  /** The loss to be made small, one number, and other numbers to be told of. */
  readonly outputs: (batch: LeavesOf<Types>) => { readonly loss: Tensor } & Outputs;
  /** float32 [1]: what the loss is multiplied with before it is differentiated. */
  readonly lossScale?: Slice | undefined;
  /** Gradients are added to what is there. */
  readonly accumulates?: boolean;
  /** Results are added to what is there, until `metrics` is cleared. */
  readonly sumsMetrics?: boolean;
  /** Which kernels multiply matrices, where it is not the usual ones: see `probeMatmul`. */
  readonly matmulTable?: MatmulTable | undefined;
}

/** Forward, loss and backward: leaves the gradients of a batch's loss in the places of the weights'. */
export async function trainingPass<Types extends BatchTypes>(
  gpu: Gpu,
  weights: Weights,
  { batch, outputs, lossScale, accumulates = false, sumsMetrics = false, matmulTable }: TrainingPassOptions<Types>,
): Promise<TrainingPass> {
  const scale = lossScale && input("lossScale", [1], "float32");
  const { leaves, stepKeys, named, updates } = traced(weights, batch, true, outputs);
  const loss = sum(named.loss as Tensor);
  const gradients = differentiate(scale ? mul(loss, scale) : loss, weights.leaves);
  const workspace = new Workspace(gpu);
  const metrics = placesOf(gpu, workspace, new Set(Object.values(named)));
  const places = new Map<Value, Slice>();
  const aim = (tensor: Tensor, slice: Slice, label: string, dtype: DType, adds = false): Request => {
    const value: Value = { label, elements: elementsOf(tensor.shape), dtype };
    places.set(value, slice);
    return { tensor, target: { value, accumulates: adds } };
  };
  const requests = [
    ...metrics.slices.map(([tensor, slice]) => aim(tensor, slice, "metric", "float32", sumsMetrics)),
    ...gradients.map((tensor, i) =>
      aim(tensor, weights.gradient(i), "gradient", (weights.leaves[i] as Tensor).dtype, accumulates),
    ),
    ...updates.map(({ tensor, slice }) => ({ ...aim(tensor, slice, "state", "float32"), isLate: true })),
  ];
  const elsewhere = (leaf: Tensor) => (leaf === scale ? lossScale : undefined);
  const pass = await build(gpu, weights, workspace, {
    ...{ leaves, stepKeys, requests, named, places, elsewhere, matmulTable },
  });
  return { ...pass, metrics: metrics.whole };
}

/** Forward only, as the model is in evaluation. */
export async function evaluationPass<Types extends BatchTypes>(
  gpu: Gpu,
  weights: Weights,
  batch: Types,
  outputs: (batch: LeavesOf<Types>) => Outputs,
  matmulTable?: MatmulTable,
): Promise<Pass> {
  const { leaves, stepKeys, named } = traced(weights, batch, false, outputs);
  const requests = Object.values(named).map((tensor) => ({ tensor }));
  const parts = { leaves, stepKeys, requests, named, places: new Map(), elsewhere: () => undefined, matmulTable };
  return build(gpu, weights, new Workspace(gpu), parts);
}

/** The graph of a model, or of all copies of it at once. */
function traced<Types extends BatchTypes>(
  weights: Weights,
  batch: Types,
  isTraining: boolean,
  outputs: (batch: LeavesOf<Types>) => Outputs,
): {
  readonly leaves: Readonly<Record<string, Tensor>>;
  readonly stepKeys: Tensor;
  readonly named: Outputs;
  readonly updates: readonly { readonly tensor: Tensor; readonly slice: Slice }[];
} {
  const one = leavesOf(batch);
  const { result, updates } = trace(isTraining, () => outputs(one));
  if (isTraining) for (const [name, tensor] of Object.entries(result)) checkNumber(name, tensor);
  const { copies, standIns } = weights;
  const slices = [...updates.keys()].map((state) => weights.place(state) as Slice);
  const names = Object.keys(result);
  const results = (tensors: readonly Tensor[], changes: readonly Tensor[]) => ({
    named: Object.fromEntries(names.map((name, i) => [name, tensors[i] as Tensor])),
    updates: slices.map((slice, i) => ({ tensor: changes[i] as Tensor, slice })),
  });
  const wanted = [...Object.values(result), ...updates.values()];
  if (!copies) {
    const tensors = substitute(wanted, standIns);
    return { leaves: one, stepKeys: key, ...results(tensors, tensors.slice(names.length)) };
  }
  const { count, own = [] } = copies;
  const stepKeys = keys(count);
  const leaves = Object.fromEntries(
    Object.entries<Tensor>(one).map(([name, leaf]) => {
      return [name, own.includes(name) ? input(name, [count, ...leaf.shape], leaf.dtype) : leaf];
    }),
  );
  const mine = Object.entries<Tensor>(one).filter(([name]) => own.includes(name));
  const many = new Map([
    ...standIns,
    [key, stepKeys],
    ...mine.map(([name, leaf]) => [leaf, leaves[name] as Tensor] as const),
  ]);
  const tensors = vectorize(wanted, many, count);
  return { leaves, stepKeys, ...results(tensors, tensors.slice(names.length).map(padded)) };
}

interface Parts {
  readonly leaves: Readonly<Record<string, Tensor>>;
  /** The key of the step, or of each copy. */
  readonly stepKeys: Tensor;
  readonly requests: readonly Request[];
  readonly named: Outputs;
  readonly places: Map<Value, Slice>;
  /** Where a leaf is that is neither the model's nor the batch's. */
  readonly elsewhere: (leaf: Tensor) => Slice | undefined;
  readonly matmulTable: MatmulTable | undefined;
}

async function build(
  gpu: Gpu,
  weights: Weights,
  workspace: Workspace,
  { leaves, stepKeys, requests, named, places, elsewhere, matmulTable }: Parts,
): Promise<Pass> {
  try {
    const inputs = new Inputs(gpu, workspace, leaves, stepKeys);
    const program = lower(requests, deviceOf(gpu, matmulTable));
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

/** Room for some small tensors side by side, each where it can be bound. */
function placesOf(
  gpu: Gpu,
  workspace: Workspace,
  tensors: ReadonlySet<Tensor>,
): { readonly whole: Slice; readonly slices: readonly (readonly [Tensor, Slice])[] } {
  let end = 0;
  const spots = [...tensors].map((tensor) => {
    const spot = { tensor, offset: end, size: roundUp(elementsOf(tensor.shape) * 4, 16) };
    end = roundUp(end + spot.size, gpu.limits.minStorageBufferOffsetAlignment);
    return spot;
  });
  const whole = workspace.storage(end, "engine/metrics");
  const slices = spots.map(({ tensor, ...spot }) => [tensor, { ...whole, ...spot }] as const);
  return { whole, slices };
}

/** What a step tells of is one number. @throws GraphError where it is not. */
export function checkNumber(name: string, { node, shape, dtype }: Tensor): void {
  if (dtype === "float32" && elementsOf(shape) === 1) return;
  const got = `got ${dtype} [${shape.join(", ")}], allowed one float32 number`;
  throw new GraphError(`${name}: it is not a number (${got}). Take its mean or sum.`, node.where);
}

/** What is wrong with a leaf that is neither the model's nor the batch's. */
export const strange = ({ node, shape }: Tensor): string =>
  `model: it uses a ${node.operation.op} of shape [${shape.join(", ")}] that is not among its parameters (made at ` +
  `${node.where || "an unknown place"}). Name it in the model's parts.`;
