import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from "../numbers/half.ts";
import { randomBits } from "../numbers/random.ts";
import type { Step } from "./around.ts";
import { type Float8Kind, fromFloat8, toFloat8 } from "./float8.ts";
import type { ParamTensor, Values } from "./numerics.ts";
import { seedOfStep, streamOf } from "./roundingStreams.ts";

/** In how many bits an optimizer keeps the numbers of its tensors. */
export interface Storage {
  /** Of the parameter and the gradient. */
  readonly dtype: "float32" | "bfloat16" | "float16";
  /** Of `m` and `v`. */
  readonly states: "float32" | "bfloat16" | "float8";
  /** Of what is rounded stochastically. */
  readonly seed: number;
}

/**
 * A tensor whose arrays hold what its numbers stand for. With a `master` its half-precision parameter is a copy; states in
 * `float8` have their scales in `mScale` and `vScale`.
 */
export interface StoredTensor extends ParamTensor {
  master?: Values;
  m?: Values;
  mScale?: Values;
  v?: Values;
  vScale?: Values;
}

const codecs = {
  bfloat16: { to: toBfloat16, from: fromBfloat16 },
  float16: { to: toFloat16, from: fromFloat16 },
} as const;

/** The nearest number in half precision, or with random words the one of stochastic rounding. */
export function inHalf(x: number, dtype: keyof typeof codecs, random?: number): number {
  const { to, from } = codecs[dtype];
  return from(to(x, random));
}

/**
 * A step of a rule on the `number`-th tensor of an optimizer, and then what keeping its numbers in fewer bits does to them:
 * the rule works on float32 numbers, from what is kept, and only what it leaves is narrowed.
 */
export function stored<T extends StoredTensor, H>(rule: Step<T, H>, storage: Storage, number: number): Step<T, H> {
  const { dtype, states, seed } = storage;
  /** What the rule sees of a tensor with a master: one object for the whole run, in which a rule may remember something. */
  let seen: T | undefined;
  return (tensor, hyper, t, ...rest) => {
    const wordsOf = (role: "param" | "m" | "v") => {
      const [seedNow, stream] = [seedOfStep(seed, t), streamOf(number, role)];
      return (i: number): number => randomBits(seedNow, stream, i);
    };
    const { param, master } = tensor;
    if (master && t === 1) master.set(param);
    if (master) seen = Object.assign(seen ?? { ...tensor, param: master }, { grad: tensor.grad });
    rule(seen ?? tensor, hyper, t, ...rest);
    if (dtype !== "float32") {
      const words = master ? () => undefined : wordsOf("param");
      for (const [i, p] of (master ?? param).entries()) param[i] = inHalf(p, dtype, words(i));
    }
    for (const [role, kind] of [["m", "signed"] as const, ["v", "unsigned"] as const]) {
      const values = tensor[role];
      if (!values || states === "float32") continue;
      const words = wordsOf(role);
      if (states === "float8") narrowInBlocks(values, tensor[`${role}Scale`] as Values, kind, words);
      else for (const [i, x] of values.entries()) values[i] = inHalf(x, "bfloat16", words(i));
    }
  };
}

function narrowInBlocks(values: Values, scale: Values, kind: Float8Kind, words: (i: number) => number): void {
  const blocks = toFloat8(values, kind, words);
  values.set(fromFloat8(blocks, kind));
  scale.set(blocks.scales);
}
