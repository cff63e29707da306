import type { LossPoint } from "./protocol.ts";

/** Points in one epoch: a single batch says too little, and all of them are too many to draw. */
const pointsPerEpoch = 8;

/** What the steps of a run saw of their batches: means over some steps each, placed at the middle of them. */
export class TrainingCurve {
  readonly #stepsPerEpoch: number;
  readonly #stepsPerPoint: number;
  #open: LossPoint[] = [];
  /** In epochs. */
  readonly x: number[] = [];
  readonly loss: number[] = [];
  readonly accuracy: number[] = [];

  constructor(stepsPerEpoch: number) {
    this.#stepsPerEpoch = stepsPerEpoch;
    this.#stepsPerPoint = Math.max(1, Math.round(stepsPerEpoch / pointsPerEpoch));
  }

  add(points: readonly LossPoint[]): void {
    for (const point of points) {
      this.#open.push(point);
      if (this.#open.length === this.#stepsPerPoint) this.#close(point.step);
    }
  }

  #close(lastStep: number): void {
    const mean = (value: (point: LossPoint) => number): number =>
      this.#open.reduce((sum, point) => sum + value(point), 0) / this.#open.length;
    this.x.push((lastStep - this.#stepsPerPoint / 2) / this.#stepsPerEpoch);
    this.loss.push(mean((point) => point.loss));
    this.accuracy.push(mean((point) => point.accuracy));
    this.#open = [];
  }
}
