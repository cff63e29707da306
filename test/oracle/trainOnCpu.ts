import { leavesOf } from "../../src/engine/inputs.ts";
import type { LeavesOf } from "../../src/engine/passes.ts";
import { differentiate, type Tensor, trace } from "../../src/graph/index.ts";
import * as optim from "../../src/optim/index.ts";
import type { Profile, Round, Step, SurroundedTensor, Values } from "../../src/reference/index.ts";
import * as reference from "../../src/reference/index.ts";
import { execute, float32 } from "../../src/reference/index.ts";
import { lossOf, type StartingWeight, startOf, type Trajectory, trajectorySteps } from "./trajectories.ts";

const rules = { adam: optim.adam, sgd: optim.sgd, adamw: optim.adamw };

export interface Trained {
  readonly losses: readonly number[];
  /** After the last step, by name. */
  readonly weights: ReadonlyMap<string, Values>;
}

/** What may be otherwise, to see that it shows. */
export interface Otherwise {
  readonly steps?: number;
  /** Of the small transformer. */
  readonly isCausal?: boolean;
  /** What step t is taken for one of. */
  readonly countedAs?: (t: number) => number;
}

/** A model with its first weights, its batches and its rule. */
export interface Trainee {
  readonly start: readonly StartingWeight[];
  readonly batch: Trajectory["batch"];
  readonly loss: (leaves: LeavesOf<Trajectory["batch"]>) => Tensor;
  readonly rule: optim.UpdateRule;
  readonly batchAt: (step: number) => { readonly x: ArrayLike<number>; readonly y: ArrayLike<number> };
}

/** One of the small models, trained by the executor and the reference of its update rule. */
export function trainOnCpu(
  { model: make, batch, rule, hyper, batchAt }: Trajectory,
  round: Round,
  profile: Profile,
  { isCausal = true, ...otherwise }: Otherwise = {},
): Trained {
  const model = make({ isCausal });
  const trainee = { start: startOf(model), batch, rule: rules[rule]({ ...hyper, profile }), batchAt };
  return train({ ...trainee, loss: (leaves) => lossOf(model, leaves) }, round, otherwise);
}

/** Trains by the executor and the reference of the update rule, in the rule's profile. */
export function train(
  { start, batch, loss: of, rule, batchAt }: Trainee,
  round: Round,
  { steps = trajectorySteps, countedAs = (t) => t }: Omit<Otherwise, "isCausal"> = {},
): Trained {
  const leaves = leavesOf(batch);
  const { result: wanted } = trace(true, () => {
    const loss = of(leaves);
    const parameters = start.map(({ leaf }) => leaf);
    return [loss, ...differentiate(loss, parameters)];
  });
  const zeros = (length: number): Values => (round === float32 ? new Float32Array(length) : new Float64Array(length));
  const { state } = rule.variant((name) => rule.uses(name));
  const tensors = start.map(({ data }) => {
    const param = zeros(data.length);
    param.set(data);
    return { ...Object.fromEntries(state.map((name) => [name, zeros(data.length)])), param, grad: param };
  });
  const update = (reference as unknown as Record<string, Step<SurroundedTensor, object>>)[rule.name];
  const losses: number[] = [];
  for (let t = 1; t <= steps; t++) {
    const numbers = new Map(start.map(({ leaf }, i) => [leaf, tensors[i]?.param as Values]));
    const given = batchAt(t - 1);
    numbers.set(leaves.x, given.x as Values).set(leaves.y, given.y as never);
    const [loss, ...gradients] = execute(wanted, (leaf) => numbers.get(leaf) as never, round);
    losses.push(loss?.[0] as number);
    for (const [i, { decays }] of start.entries()) {
      const tensor = { ...(tensors[i] as SurroundedTensor), grad: gradients[i] as Values };
      const hyper = { ...rule.hyperAt(t), ...(decays ? {} : { weightDecay: 0 }) };
      update?.(tensor, hyper, countedAs(t), round, rule.profile);
    }
  }
  return { losses, weights: new Map(start.map(({ name }, i) => [name, tensors[i]?.param as Values])) };
}
