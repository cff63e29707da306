import type { Initial } from "../graph/index.ts";
import { randomNormal, randomSigned } from "../numbers/random.ts";

/** How many inputs and outputs each weight of a layer is among; of a convolution, times the elements of its window. */
export interface Fans {
  readonly fanIn: number;
  readonly fanOut: number;
}

/** The initialization that a layer of these sizes is given, such as `kaimingNormal` or `() => normal(0.02)`. */
export type InitialOf = (fans: Fans) => Initial;

/** What keeps the scale of activations through ReLU layers; 1 does so where there is no nonlinearity. */
const RELU_GAIN = Math.SQRT2;

/** One number. */
export const constant = (value: number): Initial => value;

/** Uniform in [−bound, bound): the same bits everywhere. */
export const uniform = (bound: number): Initial => drawn((seed, stream, i) => bound * randomSigned(seed, stream, i));

/** Normal, of mean 0. The last bit of a number in some 10⁸ may depend on the host's `log` and `cos`. */
export const normal = (std: number): Initial => drawn((seed, stream, i) => std * randomNormal(seed, stream, i));

/**
 * Normal, drawn again where it is beyond two standard deviations, so that what is drawn has 0.88 of `std`. PyTorch's
 * `trunc_normal_` cuts at ±2 unless told, whatever the deviation.
 */
export const truncatedNormal = (std: number): Initial => {
  return (elements, seed, stream) => {
    const draw = (i: number): number => {
      const value = randomNormal(seed, stream, i);
      return Math.abs(value) <= 2 ? value : draw(i + elements);
    };
    return Float32Array.from({ length: elements }, (_, i) => std * draw(i));
  };
};

/** Uniform in ±gain √(6 / (fanIn + fanOut)). Source: Glorot & Bengio (2010), equation 16; PyTorch's `xavier_uniform_`. */
export const xavierUniform = ({ fanIn, fanOut }: Fans, gain = 1): Initial =>
  uniform(gain * Math.sqrt(6 / (fanIn + fanOut)));

/** Normal, of deviation gain √(2 / (fanIn + fanOut)). Source: as `xavierUniform`; PyTorch's `xavier_normal_`. */
export const xavierNormal = ({ fanIn, fanOut }: Fans, gain = 1): Initial =>
  normal(gain * Math.sqrt(2 / (fanIn + fanOut)));

/**
 * Uniform in ±gain √(3 / fanIn), the gain being that of ReLU.
 *
 * Source: He, Zhang, Ren & Sun, "Delving Deep into Rectifiers" (2015), equation 10; PyTorch's `kaiming_uniform_` with
 * `nonlinearity="relu"`.
 */
export const kaimingUniform = ({ fanIn }: Pick<Fans, "fanIn">, gain = RELU_GAIN): Initial =>
  uniform(gain * Math.sqrt(3 / fanIn));

/** Normal, of deviation gain / √fanIn. Source: as `kaimingUniform`; PyTorch's `kaiming_normal_`. */
export const kaimingNormal = ({ fanIn }: Pick<Fans, "fanIn">, gain = RELU_GAIN): Initial =>
  normal(gain / Math.sqrt(fanIn));

function drawn(draw: (seed: number, stream: number, index: number) => number): Initial {
  return (elements, seed, stream) => Float32Array.from({ length: elements }, (_, i) => draw(seed, stream, i));
}
