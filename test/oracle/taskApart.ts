import type { Values } from "../../src/reference/index.ts";
import { decodeFloat32, decodeFloat64 } from "../parity/fixtures.ts";
import { type Apart, apart, isWithin, type Run, sharesApart } from "./apart.ts";
import { everyOf, runsOf, type TaskRow, type TaskRunFixtures } from "./taskRuns.ts";

type Precision = "float32" | "float64";

/** A run of a task, with some of its weights. */
export interface TaskRun extends Run {
  /** √(Σ w²) of each tensor, all of its weights. */
  readonly norms: ArrayLike<number>;
}

export interface TaskApart extends Apart {
  /** The worst of the first 15 losses, as a share of it. */
  readonly early: number;
  /** The worst tensor's, as a share of its norm. */
  readonly norms: number;
}

/** What a file says that PyTorch did; of a row that it does not have, nothing, which is NaN apart from everything. */
export function torchTaskRun(file: TaskRunFixtures, row: TaskRow, precision: Precision): TaskRun {
  const decode = precision === "float32" ? decodeFloat32 : decodeFloat64;
  const { losses, norms, weights } = runsOf(file, row)?.[precision] ?? { losses: "", norms: "", weights: {} };
  return {
    losses: decodeFloat64(losses),
    norms: decodeFloat64(norms),
    weights: new Map(Object.entries(weights).map(([name, bits]) => [name, decode(bits)])),
  };
}

/** What is kept of a run that has all its weights. */
export const sampledTask = ({ losses, weights }: Run): TaskRun => ({
  losses,
  norms: [...weights.values()].map(normOf),
  weights: new Map([...weights].map(([name, values]) => [name, sampledOf(values)])),
});

function sampledOf(values: Values): Values {
  const every = everyOf(values.length);
  return values.filter((_, i) => i % every === 0);
}

function normOf(values: Values): number {
  let squares = 0;
  for (const value of values) squares += value * value;
  return Math.sqrt(squares);
}

/** Compares runs: NaN where one of them is not whole. */
export function taskApart(ours: TaskRun, theirs: TaskRun): TaskApart {
  const [early, theirEarly] = [ours, theirs].map(({ losses }) => Array.from(losses).slice(0, 15)) as [
    number[],
    number[],
  ];
  return {
    ...apart(ours, theirs),
    early: sharesApart(early, theirEarly),
    norms: sharesApart(ours.norms, theirs.norms),
  };
}

/** Whether each is at most what is allowed; false for NaN. */
export const isTaskWithin = (found: TaskApart, allowed: TaskApart): boolean =>
  isWithin(found, allowed) && found.early <= allowed.early && found.norms <= allowed.norms;

/**
 * `float32` against another float32, PyTorch's or the executor's. Found at most, on SwiftShader: losses 4.4e-7 apart, weights
 * 2.4e-7, their tensors 6.6e-8 and their norms 4.7e-7; PyTorch's float32 is 2.1e-7, 4.8e-7, 1.9e-7 and 1.6e-7 from its float64.
 *
 * `float32Kinked` is the cnn's after 30 steps. In its 18th, and again in its 22nd, rounding decides a ReLU or a maximum of
 * four: a gradient of which 1e-6 was otherwise is a thousandth otherwise then, and Adam makes long steps of that. PyTorch's
 * float32 run ends 3.9e-4 from its own float64 one by the loss, weights 8.4e-4 apart, tensors 1.6e-4, norms 1.1e-4; the GPU's
 * is as far from PyTorch's float32. The first 15 losses are held as all others, and the weights after the 15th step.
 *
 * What mistakes cost, made in PyTorch, by the losses of 15 steps: the bias correction a step late, 1.1e-2 and more; no decay,
 * 1.7e-4; biases and norms that decay too, 2.6e-4; the learning rate of the step before, 2.3e-5; eps 1e-5, 4e-4; the other
 * tasks' beta2, 2.3e-3; attention that sees later times, 3.9e-3. In the gpt's first three no decay costs 4.1e-6, and 9e-5 of a
 * norm, and the others 1e-4 and more, but for decaying biases and norms: 4.1e-6 and 9e-5 as well.
 *
 * `float64` against PyTorch's: losses 1.8e-15, weights 9e-16, tensors 2.5e-16 and norms 1.2e-14, the cnn's 30 steps included.
 */
export const taskGates = {
  float32: { early: 2e-6, losses: 2e-6, weights: 2e-5, rms: 1e-6, norms: 3e-6 },
  float32Kinked: { early: 2e-6, losses: 2e-3, weights: 5e-3, rms: 8e-4, norms: 5e-4 },
  float64: { early: 1e-14, losses: 1e-14, weights: 2e-14, rms: 5e-15, norms: 1e-13 },
} as const satisfies Record<string, TaskApart>;

export const taskGate = ({ name, steps }: TaskRow, precision: Precision): TaskApart =>
  precision === "float32" && name === "cnn" && steps > 15 ? taskGates.float32Kinked : taskGates[precision];

/** Whether PyTorch does today what it did, on another CPU perhaps. */
export const holdsTask = (row: TaskRow, now: TaskRunFixtures, then: TaskRunFixtures): boolean =>
  (["float32", "float64"] as const).every((precision) => {
    const found = taskApart(torchTaskRun(now, row, precision), torchTaskRun(then, row, precision));
    return isTaskWithin(found, taskGate(row, precision));
  });
