import type { Tensor } from "../../graph/index.ts";
import * as graph from "../../graph/index.ts";
import { type Model, model } from "../model.ts";

const scaleOf = (size: number): Tensor => graph.parameter([size], "norm", 1);
const shiftOf = (size: number): Tensor => graph.parameter([size], "norm", 0);

/** What a norm scales and shifts by. */
export type NormWeights = {
  readonly weight: Tensor;
  readonly bias: Tensor;
};

/** Over the last axis, of `size` elements. Source: Ba, Kiros & Hinton, "Layer Normalization" (2016). */
export const layerNorm = (size: number, { eps = 1e-5 } = {}): Model<[x: Tensor], Tensor, NormWeights> =>
  model({ weight: scaleOf(size), bias: shiftOf(size) }, ({ weight, bias }, x: Tensor) =>
    graph.layerNorm(x, weight, bias, eps),
  );

/** Over the last axis, of `size` elements. Source: Zhang & Sennrich, "Root Mean Square Layer Normalization" (2019). */
export const rmsNorm = (size: number, { eps = 1e-6 } = {}): Model<[x: Tensor], Tensor, { readonly weight: Tensor }> =>
  model({ weight: scaleOf(size) }, ({ weight }, x: Tensor) => graph.rmsNorm(x, weight, eps));

export interface BatchNormOptions {
  readonly eps?: number;
  /** The share of a batch in the running mean and variance. */
  readonly momentum?: number;
}

/** A batch norm's: the running ones are states. */
export type BatchNormWeights = NormWeights & {
  readonly runningMean: Tensor;
  readonly runningVariance: Tensor;
};

type Statistics = Record<"mean" | "variance", Tensor>;

/**
 * Over all axes but the second, the channels: by the batch's mean and biased variance in training, by the running ones, of
 * which the variance is unbiased, in evaluation.
 *
 * Source: Ioffe & Szegedy, "Batch Normalization" (2015), algorithms 1 and 2; PyTorch's BatchNorm.
 * @throws GraphError in training on one element a channel, which has no variance.
 */
export function batchNorm(
  channels: number,
  { eps = 1e-5, momentum = 0.1 }: BatchNormOptions = {},
): Model<[x: Tensor], Tensor, BatchNormWeights> {
  const parts: BatchNormWeights = {
    weight: scaleOf(channels),
    bias: shiftOf(channels),
    runningMean: graph.state([channels], 0),
    runningVariance: graph.state([channels], 1),
  };
  return model(parts, ({ weight, bias, runningMean, runningVariance }, x: Tensor) => {
    graph.demand(
      x.shape.length >= 2 && x.shape[1] === channels,
      () =>
        `batchNorm: x has the wrong shape (got [${x.shape.join(", ")}], allowed [any, ${channels}, …]). Correct it.`,
    );
    const side = [channels, ...x.shape.slice(2).map(() => 1)];
    const running = { mean: graph.reshape(runningMean, side), variance: graph.reshape(runningVariance, side) };
    const { mean, variance } = graph.isTraining() ? ofBatch(x, side) : running;
    if (graph.isTraining()) follow(parts, { mean, variance }, graph.elementsOf(x.shape) / channels, momentum);
    const scale = graph.div(graph.reshape(weight, side), graph.sqrt(graph.add(variance, eps)));
    return graph.add(graph.mul(graph.sub(x, mean), scale), graph.reshape(bias, side));
  });
}

function ofBatch(x: Tensor, side: graph.Shape): Statistics {
  const axes = x.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
  const mean = graph.reshape(graph.mean(x, { axes }), side);
  return { mean, variance: graph.reshape(graph.mean(graph.square(graph.sub(x, mean)), { axes }), side) };
}

/** Moves the running statistics towards those of a batch of `count` elements a channel. */
function follow(
  { runningMean, runningVariance }: BatchNormWeights,
  { mean, variance }: Statistics,
  count: number,
  momentum: number,
): void {
  graph.demand(
    count > 1,
    () => `batchNorm: no variance in training (got ${count} element a channel, allowed 2 or more). Enlarge the batch.`,
  );
  const unbiased = graph.mul(variance, count / (count - 1));
  for (const [state, value] of [
    [runningMean, mean],
    [runningVariance, unbiased],
  ] as const) {
    const flat = graph.reshape(value, state.shape);
    graph.update(state, graph.add(graph.mul(state, 1 - momentum), graph.mul(flat, momentum)));
  }
}
