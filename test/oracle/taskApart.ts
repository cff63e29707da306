import type { Values } from "../../src/reference/index.ts";
import { decodeFloat32, decodeFloat64 } from "../parity/fixtures.ts";
import { type Apart, apart, isWithin, type Run } from "./apart.ts";
import { everyOf, type TaskName, type TaskRunFixtures, type TorchTaskRun } from "./taskRuns.ts";

type Precision = "float32" | "float64";

/** A run of a task, with some of its weights. */
export interface TaskRun extends Run {
  /** √(Σ w²) of each tensor, all of its weights. */
  readonly norms: ArrayLike<number>;
}

export interface TaskApart extends Apart {
  /** The worst tensor's, as a share of its norm. */
  readonly norms: number;
}

/** What PyTorch did. */
export const torchTaskRun = ({ losses, norms, weights }: TorchTaskRun, precision: Precision): TaskRun => {
  const decode = precision === "float32" ? decodeFloat32 : decodeFloat64;
  return {
    losses: decodeFloat64(losses),
    norms: decodeFloat64(norms),
    weights: new Map(Object.entries(weights).map(([name, bits]) => [name, decode(bits)])),
  };
};

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
  const share = (norm: number, i: number): number => Math.abs((ours.norms[i] as number) / norm - 1);
  return { ...apart(ours, theirs), norms: Math.max(...Array.from(theirs.norms, share)) };
}

export const isTaskWithin = (found: TaskApart, allowed: TaskApart): boolean =>
  isWithin(found, allowed) && found.norms <= allowed.norms;

const each = (apart: TaskApart): Record<TaskName, TaskApart> => ({ mlp: apart, cnn: apart, gpt: apart });
export const taskGates: Record<Precision, Readonly<Record<TaskName, TaskApart>>> = {
  float32: each({ losses: 1e-4, weights: 1e-2, rms: 1e-3, norms: 1e-4 }),
  float64: each({ losses: 1e-12, weights: 1e-10, rms: 1e-10, norms: 1e-12 }),
};

/** Whether PyTorch does today what it did, on another CPU perhaps. */
export const holdsTask = (
  name: TaskName,
  now: TaskRunFixtures["runs"][TaskName],
  then: TaskRunFixtures["runs"][TaskName] | undefined,
): boolean =>
  then !== undefined &&
  (["float32", "float64"] as const).every((precision) => {
    const found = taskApart(torchTaskRun(now[precision], precision), torchTaskRun(then[precision], precision));
    return isTaskWithin(found, taskGates[precision][name]);
  });
