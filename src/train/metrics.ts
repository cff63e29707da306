import type { TrainingPass } from "../engine/index.ts";
import { type Gpu, ReadbackRing } from "../gpu/index.ts";

/** What a step's batch was like, before the step's update: the loss, and what else was asked for, by name. */
export interface StepMetrics {
  /** Batches so far: 1 at the first. */
  readonly step: number;
  readonly loss: number;
  readonly [name: string]: number;
}

/** Told of a step: its metrics, which are means where the model has copies, and by name those of each copy. */
export type StepListener = (metrics: StepMetrics, copies: Readonly<Record<string, Float32Array>>) => void;

interface Settings {
  /** Steps that are told of at once: where there are more than one, the pass sums their metrics. */
  readonly every: number;
  /** Most readbacks on their way at once. */
  readonly most: number;
  readonly onStep: StepListener;
  /** Told of every step when the GPU has done it. */
  readonly onDone: (step: number) => void;
}

/** Brings metrics to the host, in order and some steps late, without ever making a step wait. */
export class MetricReadback {
  readonly #gpu: Gpu;
  readonly #pass: TrainingPass;
  readonly #settings: Settings;
  readonly #ring: ReadbackRing;
  readonly #underway: Promise<void>[] = [];
  readonly #errors: unknown[] = [];
  /** The last step that a readback was encoded for. */
  #read = 0;

  constructor(gpu: Gpu, pass: TrainingPass, settings: Settings) {
    this.#gpu = gpu;
    this.#pass = pass;
    this.#settings = settings;
    this.#ring = new ReadbackRing(gpu, pass.metrics.size, settings.most);
  }

  /** Encodes the end of a step, which is to be submitted next. Where too many readbacks are underway, there is none. */
  encode(step: number): void {
    const { every, onDone } = this.#settings;
    const read = step - this.#read >= every ? this.#encodeReadback(step) : undefined;
    this.#follow((read ?? this.#submitted()).finally(() => onDone(step)));
  }

  /**
   * Resolves when fewer than `count` steps are underway.
   * @throws DeviceLostError, or what else went wrong with a step since the last call, `onStep`'s own errors too.
   */
  async fewerThan(count: number): Promise<void> {
    while (this.#underway.length >= count) await this.#underway[0];
    const [error] = this.#errors.splice(0);
    if (error) throw error;
  }

  /** Resolves when all steps are done and told of, `step` being the last. */
  async settled(step: number): Promise<void> {
    await this.fewerThan(1);
    const read = this.#settings.every > 1 && step > this.#read && this.#encodeReadback(step);
    if (!read) return;
    this.#follow(read);
    this.#gpu.stream.submit();
    await this.fewerThan(1);
  }

  destroy(): void {
    this.#ring.destroy();
  }

  /** Reads the metrics of the steps since the last readback; undefined where there is no room for them. */
  #encodeReadback(step: number): Promise<void> | undefined {
    const { every, onStep } = this.#settings;
    const { metrics: whole, results } = this.#pass;
    const steps = every > 1 ? step - this.#read : 1;
    const bytes = this.#ring.capture(whole);
    if (!bytes) return undefined;
    if (every > 1) this.#gpu.stream.clear(whole);
    this.#read = step;
    return bytes.then((all) => {
      const metrics = Object.entries(results).map(([name, { slice, elements }]) => {
        const sums = new Float32Array(all, slice.offset - whole.offset, elements);
        return [name, sums.map((sum) => sum / steps)] as const;
      });
      onStep(meansOf(step, metrics), Object.fromEntries(metrics));
    });
  }

  #submitted(): Promise<void> {
    const { stream, device } = this.#gpu;
    return new Promise((resolve, reject) => {
      stream.afterSubmit(() => this.#gpu.settle(device.queue.onSubmittedWorkDone()).then(resolve, reject));
    });
  }

  #follow(step: Promise<void>): void {
    const underway: Promise<void> = step
      .catch((error: unknown) => void this.#errors.push(error))
      .then(() => void this.#underway.splice(this.#underway.indexOf(underway), 1));
    this.#underway.push(underway);
  }
}

/** The metrics of a step, of which each has one value for each copy of the model. */
export function meansOf(step: number, metrics: readonly (readonly [string, Float32Array])[]): StepMetrics {
  const means = metrics.map(([name, values]) => [name, values.reduce((sum, value) => sum + value, 0) / values.length]);
  return { step, ...Object.fromEntries(means) };
}
