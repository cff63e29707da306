import type { Tensor } from "../../graph/index.ts";
import * as graph from "../../graph/index.ts";
import { type Model, model } from "../model.ts";
import { biasOf, defaultWeight, type LinearOptions, type Weights } from "./linear.ts";

export interface Conv2dOptions extends LinearOptions, graph.ConvolutionOptions {}

/** PyTorch's Conv2d on images [B, C, H, W]: weight [outputs, inputs / groups, height, width], bias [outputs]. */
export function conv2d(
  inputs: number,
  outputs: number,
  window: graph.OneOrTwo,
  { bias = true, weight = defaultWeight, ...options }: Conv2dOptions = {},
): Model<[x: Tensor], Tensor, Weights> {
  const [height, width] = typeof window === "number" ? [window, window] : window;
  const { groups = 1 } = options;
  graph.demand(
    Number.isInteger(groups) && groups > 0 && inputs % groups === 0 && outputs % groups === 0,
    () =>
      `conv2d: channels that do not divide into groups (got ${inputs} and ${outputs} in ${groups}). Choose a divisor.`,
  );
  const fanIn = (inputs / groups) * height * width;
  const shape = [outputs, inputs / groups, height, width];
  const parts: Weights = {
    weight: graph.parameter(shape, "weight", weight({ fanIn, fanOut: outputs * height * width })),
    bias: bias ? biasOf(outputs, fanIn) : undefined,
  };
  return model(parts, (weights: Weights, x: Tensor) => {
    const y = graph.conv2d(x, weights.weight, options);
    return weights.bias ? graph.add(y, graph.reshape(weights.bias, [outputs, 1, 1])) : y;
  });
}
