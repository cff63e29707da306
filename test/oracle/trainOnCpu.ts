import { leavesOf } from "../../src/engine/inputs.ts";
import { differentiate, trace } from "../../src/graph/index.ts";
import * as optim from "../../src/optim/index.ts";
import type { Profile, Round, Step, SurroundedTensor, Values } from "../../src/reference/index.ts";
import * as reference from "../../src/reference/index.ts";
import { execute, float32 } from "../../src/reference/index.ts";
import { lossOf, startOf, type Trajectory, trajectorySteps } from "./trajectories.ts";

const rules = { adam: optim.adam, sgd: optim.sgd, adamw: optim.adamw };
const references = { adam: reference.adam, sgd: reference.sgd, adamw: reference.adamw };

export interface Trained {
  readonly losses: readonly number[];
  /** After the last step, by name. */
  readonly weights: ReadonlyMap<string, Values>;
}

/** What may be otherwise, to see that it shows. */
export interface Otherwise {
  readonly steps?: number;
  readonly isCausal?: boolean;
  /** What step t is taken for one of. */
  readonly countedAs?: (t: number) => number;
}

/** Trains by the executor and the reference of the update rule. */
export function trainOnCpu(
  { model: make, batch, rule, hyper, batchAt }: Trajectory,
  round: Round,
  profile: Profile,
  { steps = trajectorySteps, isCausal = true, countedAs = (t) => t }: Otherwise = {},
): Trained {
  const model = make({ isCausal });
  const start = startOf(model);
  const leaves = leavesOf(batch);
  const { result: wanted } = trace(true, () => {
    const loss = lossOf(model, leaves);
    const parameters = start.map(({ leaf }) => leaf);
    return [loss, ...differentiate(loss, parameters)];
  });
  const zeros = (length: number): Values => (round === float32 ? new Float32Array(length) : new Float64Array(length));
  const tensors = start.map(({ data }) => {
    const [param, m, v, velocity] = [0, 1, 2, 3].map(() => zeros(data.length)) as [Values, Values, Values, Values];
    param.set(data);
    return rule === "sgd" ? { param, grad: param, velocity } : { param, grad: param, m, v };
  });
  const step = references[rule] as Step<SurroundedTensor, object>;
  const losses: number[] = [];
  for (let t = 1; t <= steps; t++) {
    const numbers = new Map(start.map(({ leaf }, i) => [leaf, tensors[i]?.param as Values]));
    const given = batchAt(t - 1);
    numbers.set(leaves.x, given.x as Values).set(leaves.y, given.y as never);
    const [loss, ...gradients] = execute(wanted, (leaf) => numbers.get(leaf) as never, round);
    losses.push(loss?.[0] as number);
    for (const [i, { decays }] of start.entries()) {
      const tensor = { ...(tensors[i] as SurroundedTensor), grad: gradients[i] as Values };
      const at = rules[rule](hyper).hyperAt(t);
      step(tensor, { ...at, ...(decays ? {} : { weightDecay: 0 }) }, countedAs(t), round, profile);
    }
  }
  return { losses, weights: new Map(start.map(({ name }, i) => [name, tensors[i]?.param as Values])) };
}
