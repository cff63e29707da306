import { initialWeights, metricSlots, type PerceptronPass as Pass, Perceptron } from "../engine/index.ts";
import { type Gpu, read, readFloats, readSlices, UsageError } from "../gpu/index.ts";
import { createOptimizer, HyperparameterError, type Optimizer, ShapeError, type UpdateRule } from "../optim/index.ts";
import { type SumOfSquares, sumOfSquares } from "../optim/sumOfSquares.ts";
import { Batches } from "./batches.ts";
import type { Dataset } from "./datasets.ts";
import { LateMetrics, type StepMetrics } from "./lateMetrics.ts";
import { TaskYielder } from "./taskYielder.ts";

export interface TrainingOptions {
  readonly dataset: Dataset;
  /** Such as `adamw({ lr: 1e-3, weightDecay: 0.05 })`; schedules count the steps of the whole run. */
  readonly optimizer: UpdateRule;
  /** Times that the training part is gone through. */
  readonly epochs: number;
  /** Images a step. */
  readonly batch: number;
  /** Of the initial weights and the order of the images: the same seed on the same adapter gives the same bits. */
  readonly seed: number;
  /** Units of each of the two hidden layers. */
  readonly width: number;
}

/** How well the model does on the test part. */
export interface Evaluation {
  /** Mean cross-entropy in nats. */
  readonly loss: number;
  /** Share of images predicted right. */
  readonly accuracy: number;
  /** The predicted class of each image. */
  readonly predictions: Uint32Array<ArrayBuffer>;
  /** √(Σ w²) over all weights and biases. */
  readonly weightNorm: number;
}

/** Sent once a step, a few steps late. */
export interface Progress {
  /** Steps done, of `steps`. */
  readonly step: number;
  readonly steps: number;
  /** The epoch that the step belongs to, from 1, of `epochs`. */
  readonly epoch: number;
  readonly epochs: number;
  /** Mean cross-entropy of the step's batch, before its update, in nats. */
  readonly loss: number;
  /** Share of the step's batch predicted right, before its update. */
  readonly trainAccuracy: number;
  /** Since this call of `run`, evaluations left out. */
  readonly stepsPerSecond: number;
  /** With the last step of each epoch. */
  readonly evaluation?: Evaluation;
}

export interface RunOptions {
  /** Ends the run early, between two steps. Running again goes on from there. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** The step to stop after; the last one by default. */
  readonly until?: number;
}

/** Steps on their way to the GPU at once: enough to keep it busy, few enough to stop at once. */
const stepsUnderway = 3;

/** A run of a perceptron on a data set. Made by `createTraining`. */
export class Training {
  readonly totalSteps: number;
  readonly #gpu: Gpu;
  readonly #options: TrainingOptions;
  readonly #perceptron: Perceptron;
  readonly #batches: Batches;
  readonly #pass: Pass;
  readonly #evaluationPass: Pass;
  readonly #norm: SumOfSquares;
  readonly #optimizer: Optimizer;
  readonly #metrics: LateMetrics;
  #stepCount = 0;
  #counts = { dispatches: 0, submits: 0 };
  #isRunning = false;
  #onStep: (metrics: StepMetrics) => void = () => {};

  constructor(gpu: Gpu, options: TrainingOptions, batches: Batches, perceptron: Perceptron, built: Built) {
    this.#gpu = gpu;
    this.#options = options;
    this.#perceptron = perceptron;
    this.#batches = batches;
    this.#pass = built.pass;
    this.#evaluationPass = built.evaluationPass;
    this.#norm = built.norm;
    this.#optimizer = built.optimizer;
    this.#metrics = new LateMetrics(gpu, built.pass.metrics, stepsUnderway, (metrics) => this.#onStep(metrics));
    this.totalSteps = options.epochs * batches.stepsPerEpoch;
  }

  /** Steps submitted so far. */
  get stepCount(): number {
    return this.#stepCount;
  }

  /** What the last step took. */
  get counts(): { readonly dispatches: number; readonly submits: number } {
    return this.#counts;
  }

  /**
   * One step in one submit: forward, loss, backward and update. Waits for nothing and creates nothing.
   * @throws HyperparameterError, before anything is written, where a schedule gives a value that its rule cannot use.
   */
  step(): void {
    this.#options.optimizer.hyperAt(this.#stepCount + 1);
    const { stream } = this.#gpu;
    const { dispatches, submits } = stream.counts;
    const { batch } = this.#pass;
    this.#batches.fill(this.#stepCount, batch.x, batch.y);
    batch.slot[0] = this.#stepCount % metricSlots;
    batch.write();
    stream.dispatch(...this.#pass.dispatches);
    this.#optimizer.encode();
    this.#stepCount += 1;
    this.#metrics.capture(this.#stepCount);
    stream.submit();
    this.#counts = { dispatches: stream.counts.dispatches - dispatches, submits: stream.counts.submits - submits };
  }

  /**
   * Trains until the end, or until the signal: then it has finished the steps underway, and running again goes on.
   * Evaluates after each epoch.
   * @throws UsageError while it runs already; DeviceLostError and whatever else the GPU reports, by rejection.
   */
  async run({ signal, onProgress = () => {}, until = this.totalSteps }: RunOptions = {}): Promise<void> {
    if (this.#isRunning) throw new UsageError("training: it is running already. Wait for that run, or abort it first.");
    this.#isRunning = true;
    const { stepsPerEpoch } = this.#batches;
    const tasks = new TaskYielder();
    const clock = { start: performance.now(), first: this.#stepCount };
    let held: Progress | undefined;
    this.#onStep = (metrics) => {
      if (metrics.step <= clock.first) return; // A step that was not this run's.
      const progress = this.#progress(metrics, clock);
      // The last one of an epoch waits for its evaluation.
      if (metrics.step % stepsPerEpoch === 0) held = progress;
      else onProgress(progress);
    };
    try {
      while (this.#stepCount < until && !signal?.aborted) {
        await this.#metrics.fewerThan(stepsUnderway);
        this.step();
        await tasks.nextTask();
        if (this.#stepCount % stepsPerEpoch) continue;
        await this.#metrics.fewerThan(1);
        const paused = performance.now();
        const evaluation = await this.evaluate();
        clock.start += performance.now() - paused;
        if (held) onProgress({ ...held, evaluation });
      }
      await this.#metrics.fewerThan(1);
    } finally {
      this.#onStep = () => {};
      this.#isRunning = false;
      tasks.close();
    }
  }

  /**
   * Loss, accuracy and predictions on the test part, and the norm of the weights, after the steps submitted so far. With the
   * weights that the optimizer evaluates with: see `Optimizer.eval`.
   */
  async evaluate(): Promise<Evaluation> {
    const { metrics, predictions, dispatches } = this.#evaluationPass;
    const [[loss, right], classes, [squares]] = await this.#whileEvaluating(() => {
      this.#gpu.stream.dispatch(...dispatches, ...this.#norm.dispatches);
      return Promise.all([
        readFloats(this.#gpu, { ...metrics, size: 8 }),
        read(this.#gpu, predictions),
        readFloats(this.#gpu, this.#norm.result),
      ]);
    });
    const { count } = this.#options.dataset.test;
    return {
      loss: loss as number,
      accuracy: (right as number) / count,
      predictions: new Uint32Array(classes, 0, count),
      weightNorm: Math.sqrt(squares as number),
    };
  }

  /**
   * The weights after the steps submitted so far, those that it evaluates with, by name: `layers.0.weight` [features, width]
   * and so on, row-major.
   */
  async weights(): Promise<Map<string, { shape: readonly number[]; data: Float32Array }>> {
    const { tensors } = this.#perceptron;
    const slices = tensors.map(({ shape, param }) => {
      return { ...param, size: shape.reduce((product, side) => product * side, 4) };
    });
    const read = await this.#whileEvaluating(() => readSlices(this.#gpu, slices));
    return new Map(tensors.map(({ name, shape }, i) => [name, { shape, data: read[i] as Float32Array }]));
  }

  /** What is submitted by `begin` sees the weights to evaluate with; steps that are taken while it is awaited do not. */
  #whileEvaluating<T>(begin: () => Promise<T>): Promise<T> {
    this.#optimizer.eval();
    try {
      return begin();
    } finally {
      this.#optimizer.train();
    }
  }

  /** Gives all GPU memory back. */
  destroy(): void {
    for (const owner of [this.#perceptron, this.#optimizer, this.#norm, this.#metrics]) owner.destroy();
  }

  #progress({ step, loss, right }: StepMetrics, clock: { start: number; first: number }): Progress {
    const { epochs, batch } = this.#options;
    return {
      step,
      steps: this.totalSteps,
      epoch: Math.ceil(step / this.#batches.stepsPerEpoch),
      epochs,
      loss,
      trainAccuracy: right / batch,
      stepsPerSecond: ((step - clock.first) * 1000) / (performance.now() - clock.start),
    };
  }
}

/** The parts of a training that are made once, on the GPU. */
interface Built {
  readonly pass: Pass;
  readonly evaluationPass: Pass;
  readonly norm: SumOfSquares;
  readonly optimizer: Optimizer;
}

/**
 * Makes all that a run needs, once: the initial weights, kernels, memory and the test images on the GPU.
 * @throws HyperparameterError or ShapeError, by rejection, for options or data that cannot be trained on; DeviceLostError,
 * OutOfMemoryError and LimitError for what the device cannot do.
 */
export async function createTraining(gpu: Gpu, options: TrainingOptions): Promise<Training> {
  const { dataset, optimizer: rule, epochs, batch, seed, width } = options;
  checkCount("epochs", epochs, 1);
  checkCount("width", width, 1);
  checkCount("seed", seed, 0);
  checkDataset(dataset);
  const batches = new Batches(dataset.train, batch, seed);
  const sizes = { features: dataset.features, width, classes: dataset.classes.length };
  const perceptron = new Perceptron(gpu, initialWeights(sizes, seed));
  const owners: { destroy(): void }[] = [perceptron];
  try {
    const optimizer = await createOptimizer(gpu, rule, perceptron.tensors);
    owners.push(optimizer);
    const norm = await sumOfSquares(gpu, perceptron.params.whole);
    owners.push(norm);
    const pass = await perceptron.training(batch);
    const evaluationPass = await perceptron.evaluation(dataset.test.count);
    evaluationPass.batch.x.set(dataset.test.x);
    evaluationPass.batch.y.set(dataset.test.y);
    evaluationPass.batch.write();
    await gpu.idle();
    return new Training(gpu, options, batches, perceptron, { pass, evaluationPass, norm, optimizer });
  } catch (error) {
    for (const owner of owners) owner.destroy();
    throw error;
  }
}

const most = 0xffff_ffff;

function checkCount(name: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new HyperparameterError(`${name}: not a whole number in range (got ${value}, allowed ${least} to ${most}).`);
}

/** Shaders take sizes and classes on trust. */
function checkDataset({ name, features, classes, train, test }: Dataset): void {
  for (const [part, { count, x, y }] of Object.entries({ train, test })) {
    const thing = `dataset ${name}, ${part} part`;
    if (count < 1 || x.length !== count * features || y.length !== count) {
      throw new ShapeError(
        `${thing}: its arrays do not hold its examples (got ${x.length} values and ${y.length} classes, allowed ` +
          `${count * features} and ${count}, of at least one example). Correct its count or its arrays.`,
      );
    }
    const wrong = y.findIndex((label) => label >= classes.length);
    if (wrong >= 0) {
      throw new ShapeError(
        `${thing}, example ${wrong}: no such class (got ${y[wrong]}, allowed 0 to ${classes.length - 1}). Correct it.`,
      );
    }
  }
}
