import type { Pass } from "../engine/index.ts";
import { type Gpu, ReadbackRing, type Slice } from "../gpu/index.ts";

/** What a step's batch was like, before the step's update: the loss, and what else was asked for, by name. */
export interface StepMetrics {
  /** Batches so far: 1 at the first. */
  readonly step: number;
  readonly loss: number;
  /** Means, where the model has copies. */
  readonly [name: string]: number | Readonly<Record<string, Float32Array>>;
  /** The metrics of each copy. */
  readonly copies: Readonly<Record<string, Float32Array>>;
}

interface Readback {
  readonly name: string;
  readonly slice: Slice;
  readonly ring: ReadbackRing;
}

/** Brings the metrics of each step to the host, in order and some steps late, without ever making a step wait. */
export class MetricReadback {
  readonly #readbacks: readonly Readback[];
  readonly #onStep: (metrics: StepMetrics) => void;
  readonly #underway: Promise<void>[] = [];
  readonly #errors: unknown[] = [];

  constructor(gpu: Gpu, results: Pass["results"], stepsUnderway: number, onStep: (metrics: StepMetrics) => void) {
    this.#readbacks = Object.entries(results).map(([name, { slice }]) => {
      return { name, slice, ring: new ReadbackRing(gpu, slice.size, stepsUnderway) };
    });
    this.#onStep = onStep;
  }

  /** Encodes the readback of a step. Where too many are underway, nobody is told of it. */
  capture(step: number): void {
    const captured: Promise<readonly [string, Float32Array]>[] = [];
    for (const { name, slice, ring } of this.#readbacks) {
      const bytes = ring.capture(slice);
      if (!bytes) return;
      captured.push(bytes.then((all) => [name, new Float32Array(all)] as const));
    }
    const underway: Promise<void> = Promise.all(captured)
      .then((metrics) => this.#onStep(summary(step, metrics)))
      .catch((error: unknown) => void this.#errors.push(error))
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
    for (const { ring } of this.#readbacks) ring.destroy();
  }
}

function summary(step: number, metrics: readonly (readonly [string, Float32Array])[]): StepMetrics {
  const means = metrics.map(([name, values]) => [name, values.reduce((sum, value) => sum + value, 0) / values.length]);
  return { step, ...Object.fromEntries(means), copies: Object.fromEntries(metrics) };
}
