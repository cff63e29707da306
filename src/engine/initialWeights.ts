import { randomSigned } from "./random.ts";

/** A perceptron features → width → width → classes. */
export interface PerceptronSizes {
  readonly features: number;
  readonly width: number;
  readonly classes: number;
}

/** A parameter on the host. */
export interface WeightTensor {
  /** `layers.0.weight`, `layers.0.bias`, … */
  readonly name: string;
  /** [inputs, outputs] of a weight, [outputs] of a bias. */
  readonly shape: readonly number[];
  readonly role: "weight" | "bias";
  readonly data: Float32Array<ArrayBuffer>;
}

/**
 * Weights uniform in ±√(6 / inputs), which keeps the scale of activations through ReLU layers, and biases of zero.
 * The same seed gives the same bits everywhere; tensor i draws from the random stream i.
 *
 * Source: He, Zhang, Ren & Sun, "Delving Deep into Rectifiers" (2015), equation 10; PyTorch's `kaiming_uniform_` with
 * `nonlinearity="relu"`.
 */
export function initialWeights({ features, width, classes }: PerceptronSizes, seed: number): WeightTensor[] {
  const sizes = [features, width, width, classes];
  return sizes.slice(1).flatMap((outputs, layer) => {
    const inputs = sizes[layer] as number;
    const bound = Math.sqrt(6 / inputs);
    const weight = Float32Array.from(
      { length: inputs * outputs },
      (_, index) => bound * randomSigned(seed, 2 * layer, index),
    );
    return [
      { name: `layers.${layer}.weight`, shape: [inputs, outputs], role: "weight", data: weight },
      { name: `layers.${layer}.bias`, shape: [outputs], role: "bias", data: new Float32Array(outputs) },
    ] satisfies WeightTensor[];
  });
}
