/** How much of the decay that was asked for happens: a measurement, for adapters too whose rounding nobody knows. */

import type { Gpu } from "../../src/gpu/index.ts";
import { randomSigned } from "../../src/numbers/random.ts";
import type { Profile } from "../../src/reference/index.ts";
import { ruleOf } from "../parity/rules.ts";
import type { Mutation } from "../parity/runCase.ts";
import { run } from "../unit/lawsRun.ts";
import { openRun } from "./openRun.ts";

/** Shrinks per step, lr * weightDecay: the last ones are the ordinary tail of a cosine schedule. */
export const shrinks: readonly number[] = [1e-5, 1e-6, 1e-7, 1e-8];

const count = 4096;
const steps = 1000;

/**
 * |p| evenly over two whole binades. In a part of one, the torch profile's shrink by one or two ulps rounds to one
 * side: over [0.5, 1.5] it realises 1.04 of a decay of 1e-7, not 1.19.
 */
const start = Float32Array.from({ length: count }, (_, i) => {
  const p = randomSigned(31, 0, i);
  return Math.sign(p) * (0.5 + 1.5 * Math.abs(p));
});

let noise: Float32Array<ArrayBuffer>[] | undefined;
const gradient = (t: number): Float32Array<ArrayBuffer> => {
  noise ??= Array.from({ length: steps + 1 }, (_, step) =>
    Float32Array.from({ length: count }, (_, i) => randomSigned(32, step, i)),
  );
  return noise[t] as Float32Array<ArrayBuffer>;
};

export type Decoupled = "sgdw" | "adamw";

export interface Realised {
  readonly shrink: number;
  /** The decay that happened over the decay that was asked for. */
  readonly ratio: number;
  /** Its standard error: float32's rounding of 4,096 weights, 1,000 times. */
  readonly error: number;
}

/**
 * Runs a rule on the GPU with each of the shrinks, and in float64 without any. What the runs end apart is the decay,
 * and noise of mean zero: each step's rounding, which the updates dither.
 */
export async function realisedDecay(
  gpu: Gpu,
  name: Decoupled,
  lr: number,
  profile: Profile,
  mutate: Mutation = (rule) => rule,
): Promise<Realised[]> {
  const rule = mutate(ruleOf(name)({ lr, profile }));
  const gpuRun = await openRun(
    gpu,
    rule,
    start,
    shrinks.map((shrink) => ({ weightDecay: shrink / lr })),
  );
  for (let t = 1; t <= steps; t++) gpuRun.step(gradient(t));
  const found = await gpuRun.read();
  gpuRun.destroy();
  const { free, wanted } = truth(name, lr);
  return shrinks.map((shrink, k) => {
    const happened = free.map((w, i) => w - (found[k] as Float32Array)[i]!);
    return { shrink, ...ratioOf(happened, wanted[k] as Float64Array, free) };
  });
}

interface Truth {
  /** The weights without decay. */
  readonly free: Float64Array;
  /** What each shrink should have taken off them. */
  readonly wanted: readonly Float64Array[];
}

const truths = new Map<string, Truth>();

/**
 * The trajectory without decay gives those with it: the steps u are the same, so that the difference d between the two
 * follows from w ← w - u and w' ← (1 - L) w' - u as d ← (1 - L) d + L w.
 */
function truth(name: Decoupled, lr: number): Truth {
  const key = `${name} ${lr}`;
  const known = truths.get(key);
  if (known) return known;
  const wanted = shrinks.map(() => new Float64Array(count));
  let before = Float64Array.from(start);
  const what = { rule: name, hyper: { lr, weightDecay: 0 }, start, gradient, steps };
  const { param } = run(what, (_, state) => {
    for (const [k, difference] of wanted.entries()) {
      const shrink = shrinks[k]!;
      for (let i = 0; i < count; i++) difference[i]! += shrink * (before[i]! - difference[i]!);
    }
    before = Float64Array.from(state.param);
  });
  const found = { free: Float64Array.from(param), wanted };
  truths.set(key, found);
  return found;
}

/** Both summed toward zero, and the standard error of the quotient from what is left over. */
function ratioOf(happened: Float64Array, wanted: Float64Array, free: Float64Array): Omit<Realised, "shrink"> {
  let [sum, whole] = [0, 0];
  for (let i = 0; i < count; i++) {
    const inward = Math.sign(free[i]!);
    sum += inward * happened[i]!;
    whole += inward * wanted[i]!;
  }
  const ratio = sum / whole;
  const rest = happened.map((d, i) => d - ratio * wanted[i]!);
  return { ratio, error: Math.hypot(...rest) / Math.abs(whole) };
}
