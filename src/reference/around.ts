import { lerp, type ParamTensor, type Profile, type Round, type Values } from "./numerics.ts";
import type { Tiling } from "./total.ts";

/** A tensor with what the optimizers keep beside a rule's states: the weights' beginning and their average. */
export interface SurroundedTensor extends ParamTensor {
  average?: Values;
  /** What a parameter in half precision is a copy of: see `stored`. */
  master?: Values;
}

/** A step of any rule. */
export type Step<T, H> = (tensor: T, hyper: H, t: number, round: Round, profile: Profile, tiling?: Tiling) => void;

/**
 * A step of a rule with what the optimizer does around it: the weights before the first update are kept in `start`, and
 * `average` moves towards the weights after each: a ← a + (1 - d)(p - a), the first one being p.
 */
export function surrounded<T extends SurroundedTensor, H>(
  rule: Step<T, H>,
  averageDecay: (t: number) => number,
): Step<T, H> {
  return (tensor, hyper, t, round, profile, tiling) => {
    const { param, start, average, master } = tensor;
    if (start && t === 1) start.set(param);
    rule(tensor, hyper, t, round, profile, tiling);
    if (!average) return;
    const decay = t === 1 ? 0 : averageDecay(t);
    for (let i = 0; i < param.length; i++) {
      const p = (master ?? param)[i] as number;
      average[i] = lerp(average[i] as number, p, round(1 - decay), round(decay), round);
    }
  };
}
