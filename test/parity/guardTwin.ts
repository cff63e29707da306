/** The reference of gradients that are looked at first, from step to step. */
import { checkGradients } from "../../src/optim/gradients/options.ts";
import type { GradientOptions } from "../../src/optim/index.ts";
import {
  float32,
  type LossScale,
  type Tiling,
  usedGradient,
  type Values,
  verdictOf,
} from "../../src/reference/index.ts";

export interface Judged {
  readonly norm: number;
  readonly isSkipped: boolean;
  /** What the rule gets. */
  readonly used: Values[];
}

export class GuardTwin {
  readonly #options: ReturnType<typeof checkGradients>;
  readonly #loss: LossScale;
  readonly #tiling: Tiling;

  constructor(options: GradientOptions, tiling: Tiling) {
    this.#options = checkGradients(options);
    const { scale } = this.#options;
    this.#loss = { ...scale, scale: Math.fround(scale.initial), good: 0 };
    this.#tiling = tiling;
  }

  /** What the next loss is to be multiplied with. */
  get scale(): number {
    return this.#loss.scale;
  }

  judge(grads: readonly Values[]): Judged {
    const { clipValue } = this.#options;
    const { norm, isSkipped, factor } = verdictOf(grads, this.#options, this.#loss, float32, this.#tiling);
    return { norm, isSkipped, used: grads.map((grad) => usedGradient(grad, factor, clipValue, float32)) };
  }
}
