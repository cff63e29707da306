import type { Tensor } from "../../graph/index.ts";
import * as graph from "../../graph/index.ts";
import { type InitialOf, kaimingUniform, uniform } from "../initial.ts";
import { type Model, model } from "../model.ts";

/** What a layer with a weight and a bias has. */
export type Weights = {
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;
};

export interface LinearOptions {
  readonly bias?: boolean;
  /** Uniform in ±1/√fanIn by default, as in PyTorch. */
  readonly weight?: InitialOf;
}

/** PyTorch's default of linear layers and convolutions: `kaiming_uniform_` with a = √5, a gain of 1/√3. */
export const defaultWeight: InitialOf = (fans) => kaimingUniform(fans, 1 / Math.sqrt(3));

/** Uniform in ±1/√fanIn, as PyTorch's biases are. */
export const biasOf = (side: number, fanIn: number): Tensor =>
  graph.parameter([side], "bias", fanIn > 0 ? uniform(1 / Math.sqrt(fanIn)) : 0);

/** x · weight + bias over the last axis: weight [inputs, outputs], which is PyTorch's transposed. */
export function linear(
  inputs: number,
  outputs: number,
  { bias = true, weight = defaultWeight }: LinearOptions = {},
): Model<[x: Tensor], Tensor, Weights> {
  const parts: Weights = {
    weight: graph.parameter([inputs, outputs], "weight", weight({ fanIn: inputs, fanOut: outputs })),
    bias: bias ? biasOf(outputs, inputs) : undefined,
  };
  return model(parts, (weights: Weights, x: Tensor) => {
    const y = graph.matmul(x, weights.weight);
    return weights.bias ? graph.add(y, weights.bias) : y;
  });
}
