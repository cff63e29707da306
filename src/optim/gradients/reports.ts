import { type Gpu, ReadbackRing, read, type Slice } from "../../gpu/index.ts";

/** Steps whose reports the GPU keeps: REPORTS of shaders/optim/gradients/memory.wgsl. */
const kept = 64;
const headWords = 8;
const reportWords = 8;

/** Bytes of `struct Memory`. */
export const memoryBytes = (headWords + kept * reportWords) * 4;

/** What has to be kept of a loss scale. */
export interface ScaleState {
  readonly scale: number;
  /** Good steps since it changed. */
  readonly good: number;
}

/** What the GPU said of one step. */
export interface StepReport {
  readonly step: number;
  readonly norm: number;
  readonly lossScale: number;
  readonly isSkipped: boolean;
  readonly skippedSteps: number;
  /** The tile with the first element that is not finite, and its place in the tile. */
  readonly notFinite?: { readonly slot: number; readonly place: number };
}

/** What was read at once. */
interface Snapshot extends ScaleState {
  readonly attempts: number;
  readonly skipped: number;
  readonly reports: readonly StepReport[];
}

/** Brings what the GPU says of each step to the host, in order and some steps late. */
export class Reports {
  readonly #gpu: Gpu;
  readonly #ring: ReadbackRing;
  readonly #memory: Slice;
  readonly #takeBack: (steps: number) => void;
  readonly #deliver: (report: StepReport) => void;
  readonly #errors: unknown[] = [];
  #tried = 0;
  #known = 0;
  #skipped = 0;
  #epoch = 0;
  #scale: ScaleState;

  /**
   * `takeBack` hears how many more steps were skipped. `deliver` is called once a step, in order; not for steps that more
   * than 64 others have followed unread.
   */
  constructor(
    gpu: Gpu,
    { memory, scale }: { readonly memory: Slice; readonly scale: ScaleState },
    takeBack: (steps: number) => void,
    deliver: (report: StepReport) => void,
  ) {
    this.#gpu = gpu;
    this.#memory = memory;
    this.#scale = scale;
    this.#takeBack = takeBack;
    this.#deliver = deliver;
    this.#ring = new ReadbackRing(gpu, memoryBytes);
  }

  /** Steps tried whose outcome the host does not know. */
  get unknown(): number {
    return this.#tried - this.#known;
  }

  get scale(): ScaleState {
    return this.#scale;
  }

  /** Steps skipped that the host knows of. */
  get skipped(): number {
    return this.#skipped;
  }

  /** Counts a step. */
  count(): void {
    this.#tried += 1;
  }

  /** Encodes the readback of what is known after the steps encoded so far. */
  capture(): void {
    const epoch = this.#epoch;
    this.#ring
      .capture({ ...this.#memory, size: memoryBytes })
      ?.then((bytes) => this.#take(bytes, epoch))
      .catch((error: unknown) => this.#errors.push(error));
  }

  /** Waits for the outcome of every step. */
  async settle(): Promise<void> {
    if (this.unknown > 0) {
      const epoch = this.#epoch;
      this.#take(await read(this.#gpu, { ...this.#memory, size: memoryBytes }), epoch);
    }
    this.throwErrors();
  }

  /** @throws what went wrong with a readback since the last call. */
  throwErrors(): void {
    const [error] = this.#errors.splice(0);
    if (error) throw error;
  }

  /** Forgets all steps, as the GPU was told to. */
  restart(scale: ScaleState): void {
    this.#epoch += 1;
    this.#scale = scale;
    this.#tried = this.#known = this.#skipped = 0;
  }

  destroy(): void {
    this.#ring.destroy();
  }

  #take(bytes: ArrayBuffer, epoch: number): void {
    if (epoch !== this.#epoch) return;
    const { attempts, skipped, reports, scale, good } = snapshotOf(bytes);
    if (attempts <= this.#known) return;
    const fresh = reports.filter(({ step }) => step > this.#known);
    this.#scale = { scale, good };
    this.#known = attempts;
    this.#takeBack(skipped - this.#skipped);
    this.#skipped = skipped;
    for (const report of fresh) this.#deliver(report);
  }
}

function snapshotOf(bytes: ArrayBuffer): Snapshot {
  const [floats, words] = [new Float32Array(bytes), new Uint32Array(bytes)];
  const [attempts, skipped] = [words[4] as number, words[5] as number];
  const reports: StepReport[] = [];
  for (let step = Math.max(attempts - kept, 0) + 1; step <= attempts; step++) {
    const at = headWords + ((step - 1) % kept) * reportWords;
    const [slot, place] = [words[at + 4] as number, words[at + 5] as number];
    reports.push({
      step,
      norm: floats[at] as number,
      lossScale: floats[at + 1] as number,
      isSkipped: words[at + 2] !== 0,
      skippedSteps: words[at + 3] as number,
      ...(slot > 0 && { notFinite: { slot: slot - 1, place: place - 1 } }),
    });
  }
  return { attempts, skipped, reports, scale: floats[0] as number, good: words[2] as number };
}
