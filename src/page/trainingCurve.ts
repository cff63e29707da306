import type { LossPoint, Plan } from "./protocol.ts";

/** Points of a run: a single batch says too little, and all of them are too many to draw. */
const points = 96;

/** What the steps of a run saw of their batches: means over some steps each, placed at the middle of them. */
export class TrainingCurve {
  readonly #stepsPerUnit: number;
  readonly #stepsPerPoint: number;
  #open: LossPoint[] = [];
  /** In what the run is counted in. */
  readonly x: number[] = [];
  readonly loss: number[] = [];
  readonly accuracy: number[] = [];

  constructor({ steps, stepsPerUnit }: Plan) {
    this.#stepsPerUnit = stepsPerUnit;
    this.#stepsPerPoint = Math.max(1, Math.round(steps / points));
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
    this.x.push((lastStep - this.#stepsPerPoint / 2) / this.#stepsPerUnit);
    this.loss.push(mean((point) => point.loss));
    this.accuracy.push(mean((point) => point.accuracy ?? Number.NaN));
    this.#open = [];
  }
}
