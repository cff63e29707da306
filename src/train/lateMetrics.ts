import { metricSlots } from "../engine/index.ts";
import { type Gpu, ReadbackRing, type Slice } from "../gpu/index.ts";

/** What a step's batch was like, before the step's update. */
export interface StepMetrics {
  /** Steps done: 1 at the first. */
  readonly step: number;
  /** Mean cross-entropy in nats. */
  readonly loss: number;
  /** Rows predicted right. */
  readonly right: number;
}

/** Brings the metrics of each step to the host, in order and a few steps late, without ever making a step wait. */
export class LateMetrics {
  readonly #ring: ReadbackRing;
  readonly #slots: Slice;
  readonly #onStep: (metrics: StepMetrics) => void;
  readonly #underway: Promise<void>[] = [];
  readonly #errors: unknown[] = [];
  #delivered = 0;

  /** `slots` is float32 [metricSlots, 2]: step s writes loss and rows right at (s - 1) mod metricSlots. */
  constructor(gpu: Gpu, slots: Slice, capturesUnderway: number, onStep: (metrics: StepMetrics) => void) {
    this.#ring = new ReadbackRing(gpu, slots.size, capturesUnderway);
    this.#slots = slots;
    this.#onStep = onStep;
  }

  /** Encodes the readback of what was written up to this step. Where too many are underway, a later one brings it. */
  capture(step: number): void {
    const captured = this.#ring.capture(this.#slots);
    if (!captured) return;
    const underway = captured
      .then((bytes) => this.#deliver(step, new Float32Array(bytes)))
      .catch((error: unknown) => this.#errors.push(error))
      .then(() => void this.#underway.splice(this.#underway.indexOf(underway), 1));
    this.#underway.push(underway);
  }

  /**
   * Resolves when fewer than `count` captures are underway.
   * @throws DeviceLostError, or what else went wrong with a capture since the last call, `onStep`'s own errors too.
   */
  async fewerThan(count: number): Promise<void> {
    while (this.#underway.length >= count) await this.#underway[0];
    const [error] = this.#errors.splice(0);
    if (error) throw error;
  }

  destroy(): void {
    this.#ring.destroy();
  }

  #deliver(step: number, values: Float32Array): void {
    // What lies further back than there are slots was written over.
    for (let at = Math.max(this.#delivered, step - metricSlots); at < step; at++) {
      const slot = 2 * (at % metricSlots);
      this.#onStep({ step: at + 1, loss: values[slot] as number, right: values[slot + 1] as number });
    }
    this.#delivered = Math.max(this.#delivered, step);
  }
}
