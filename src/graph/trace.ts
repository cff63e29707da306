import type { Region } from "./region.ts";
import type { Tensor } from "./tensor.ts";

/** What tracing a function has found. */
export interface Trace<T> {
  readonly result: T;
  /** New values of states, taken when the step is done. */
  readonly updates: ReadonlyMap<Tensor, Tensor>;
}

interface Context {
  readonly isTraining: boolean;
  readonly updates: Map<Tensor, Tensor>;
  region: Region | undefined;
  dropouts: number;
}

let context: Context | undefined;

/** Calls a function of symbolic tensors. Dropout and batch norm do something else in training than in evaluation. */
export function trace<T>(isTraining: boolean, call: () => T): Trace<T> {
  const before = context;
  const mine: Context = { isTraining, updates: new Map(), region: undefined, dropouts: 0 };
  context = mine;
  try {
    return { result: call(), updates: mine.updates };
  } finally {
    context = before;
  }
}

/** Whether the function that is being traced is to be trained. */
export const isTraining = (): boolean => context?.isTraining ?? false;

/** Gives a state a new value, from the next step on. Has no effect in evaluation. */
export function update(state: Tensor, value: Tensor): void {
  if (context?.isTraining) context.updates.set(state, value);
}

/** A number that no other dropout of the trace has, the same one in every trace of the same model. */
export const nextDropout = (): number => (context ? context.dropouts++ : 0);

export const currentRegion = (): Region | undefined => context?.region;

/** Has what `call` computes computed again where the backward pass needs it, so that it need not be kept. */
export function recomputed<T>(name: string, call: () => T): T {
  if (!context) return call();
  const outer = context.region;
  context.region = outer ?? { name };
  try {
    return call();
  } finally {
    context.region = outer;
  }
}
