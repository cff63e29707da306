import { expect } from "vitest";
import { f32, layers, losses, type Model, type NamedNumbers, u32 } from "../../src/engine/index.ts";
import type { Gpu } from "../../src/gpu/index.ts";
import { randomSigned } from "../../src/numbers/random.ts";
import { adamw } from "../../src/optim/index.ts";
import type { CompileOptions } from "../../src/train/compileOptions.ts";
import type { StepListener, StepMetrics } from "../../src/train/metrics.ts";
import { compile } from "../../src/train/training.ts";

export const rows = 12;
export const types = { x: f32(rows, 6), y: u32(rows) };
export type Types = typeof types;
export type Options = CompileOptions<Model, Types>;

/** The loss, and the share of a batch that is right. */
export const loss: Options["loss"] = (net, { x, y }) => ({
  loss: losses.crossEntropy(net(x), y),
  accuracy: losses.accuracy(net(x), y),
});

/** A batch of a step, the same one every time. */
export const batchAt = (step: number, count = rows) => ({
  x: Float32Array.from({ length: count * 6 }, (_, i) => randomSigned(1, step, i)),
  y: Uint32Array.from({ length: count }, (_, i) => (i * 5 + step) % 3),
});

export const perceptron = (): Model => layers.sequential(layers.linear(6, 9), layers.relu(), layers.linear(9, 3));

/** Everything that behaves otherwise in training. */
export const moody = (): Model =>
  layers.sequential(
    layers.linear(6, 16),
    layers.batchNorm(16),
    layers.gelu(),
    layers.dropout(0.25),
    layers.residual(layers.sequential(layers.layerNorm(16), layers.linear(16, 16), layers.silu())),
    layers.linear(16, 3),
  );

/** What a run has told of, and what it has come to. */
export interface Run {
  readonly metrics: readonly StepMetrics[];
  /** The loss of each copy, step by step. */
  readonly losses: readonly Float32Array[];
  readonly weights: ReadonlyMap<string, NamedNumbers>;
}

/** Ten steps, or so many, of AdamW or what the options say. */
export async function run(gpu: Gpu | "cpu", options: Partial<Options> & { model: Model }, steps = 10): Promise<Run> {
  const metrics: StepMetrics[] = [];
  const each: Float32Array[] = [];
  const onStep: StepListener = (told, copies) => {
    metrics.push(told);
    each.push(copies.loss as Float32Array);
  };
  const training = await compile(gpu, {
    loss,
    batch: types,
    optimizer: adamw({ lr: 0.01 }),
    seed: 3,
    onStep,
    ...options,
  });
  try {
    for (let step = 0; step < steps; step++) await training.step(batchAt(step));
    await training.settled();
    return { metrics, losses: each, weights: await training.readWeights() };
  } finally {
    training.destroy();
  }
}

/** The largest difference between two runs' weights. */
export function apart(a: Run["weights"], b: Run["weights"]): number {
  expect([...a.keys()]).toEqual([...b.keys()]);
  let largest = 0;
  for (const [name, { data }] of a) {
    const other = b.get(name)?.data as Float32Array;
    for (const [i, value] of data.entries()) largest = Math.max(largest, Math.abs(value - (other[i] as number)));
  }
  return largest;
}
