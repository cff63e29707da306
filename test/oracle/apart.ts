import type { Values } from "../../src/reference/index.ts";
import { decodeFloat32, decodeFloat64 } from "../parity/fixtures.ts";
import { sampledFloat64, type TorchTrajectory } from "./trajectories.ts";

type NamedValues = ReadonlyMap<string, Values>;

export interface Run {
  readonly losses: ArrayLike<number>;
  readonly weights: NamedValues;
}

/** How far two runs are apart. */
export interface Apart {
  /** The worst of all steps, as a share of the loss. */
  readonly losses: number;
  /** The worst weight. */
  readonly weights: number;
  /** The worst tensor's root of the mean of squares. */
  readonly rms: number;
}

/** PyTorch's float32 run, or of its float64 one the weights that are kept. */
export function torchRun(run: TorchTrajectory, precision: "float32" | "float64"): Run {
  const decode = precision === "float32" ? decodeFloat32 : decodeFloat64;
  const weights = new Map(Object.entries(run[precision]).map(([name, bits]) => [name, decode(bits)]));
  return { losses: decodeFloat64(run.losses[precision]), weights };
}

/** Every so manieth weight, as PyTorch's float64 run is kept. */
export const sampled = ({ losses, weights }: Run): Run => ({
  losses,
  weights: new Map([...weights].map(([name, values]) => [name, values.filter((_, i) => i % sampledFloat64 === 0)])),
});

/**
 * Compares runs. Biases of keys are left out: softmax does not see what is added to all scores of a query, so that their
 * gradients are nothing but rounding errors, of which Adam makes steps of full length.
 */
export function apart(ours: Run, theirs: Run): Apart {
  const ofTensors = [...theirs.weights].map(([name, wanted]) => {
    const found = ours.weights.get(name);
    if (found?.length !== wanted.length) return { largest: Number.NaN, rms: Number.NaN };
    const isKeys = (i: number): boolean => name.endsWith("qkv.bias") && Math.floor((3 * i) / wanted.length) === 1;
    const errors = Array.from(wanted, (value, i) => (isKeys(i) ? 0 : Math.abs((found[i] as number) - value)));
    return {
      largest: errors.reduce((most, error) => (error <= most ? most : error), 0),
      rms: Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length),
    };
  });
  return {
    losses: ours.weights.size === theirs.weights.size ? sharesApart(ours.losses, theirs.losses) : Number.NaN,
    weights: Math.max(...ofTensors.map(({ largest }) => largest)),
    rms: Math.max(...ofTensors.map(({ rms }) => rms)),
  };
}

/** The worst of all numbers, as a share of it; NaN where there are more of them on one side, or none. */
export function sharesApart(ours: ArrayLike<number>, theirs: ArrayLike<number>): number {
  if (ours.length !== theirs.length || ours.length === 0) return Number.NaN;
  return Math.max(...Array.from(theirs, (value, i) => Math.abs((ours[i] as number) - value) / Math.abs(value)));
}

/** Whether each is at most what is allowed; false for NaN. */
export const isWithin = (found: Apart, allowed: Apart): boolean =>
  found.losses <= allowed.losses && found.weights <= allowed.weights && found.rms <= allowed.rms;

/**
 * Float32 against another float32, PyTorch's or the executor's. The models' losses are 1 to 4, rounded some dozen times one
 * after the other in either: the executor's are 3.0e-7 from PyTorch's at most, those on SwiftShader 2.1e-7, and the two
 * 3.9e-7 from each other. Adam makes of a gradient that is nearly nothing, and so mostly rounding, a step of up to its own
 * length, 3e-3: one weight is 4.8e-6 apart. The tensors are 1.1e-7, an ulp of what they hold.
 */
export const float32Gate: Apart = { losses: 2e-6, weights: 2e-5, rms: 5e-7 };
/** Float64 against PyTorch's float64: 6e-16 and 9e-16. */
export const float64Gate: Apart = { losses: 1e-14, weights: 2e-14, rms: 5e-15 };

/** Whether PyTorch does today what it did, on another CPU perhaps. */
export const holds = (now: TorchTrajectory, then: TorchTrajectory | undefined): boolean =>
  then !== undefined &&
  isWithin(apart(torchRun(now, "float32"), torchRun(then, "float32")), float32Gate) &&
  isWithin(apart(torchRun(now, "float64"), torchRun(then, "float64")), float64Gate);
