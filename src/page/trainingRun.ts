import type { Gpu } from "../gpu/index.ts";
import { type Dataset, loadDataset } from "../train/datasets.ts";
import { compile, fit, type Progress, type Training } from "../train/index.ts";
import { type ImageScores, mlp, type Task, weightNorm } from "../train/tasks/index.ts";
import type { FromWorker, LossPoint, Mistake } from "./protocol.ts";
import { ruleOf, type Setup } from "./setup.ts";

type Tell = (message: FromWorker) => void;

/** Milliseconds between two reports of progress. */
const reportEvery = 80;
const mistakesShown = 16;

/** One run in the worker, from its setup to its end; all that happens is told to the page. */
export class TrainingRun {
  readonly #training: Training<Task["model"], Task["batch"]>;
  readonly #task: Task<ImageScores>;
  readonly #dataset: Dataset;
  readonly #look: () => Promise<ImageScores>;
  readonly #tell: Tell;
  #signal = new AbortController();
  #work: Promise<void> = Promise.resolve();
  #latest: Progress<unknown> | undefined;
  #losses: LossPoint[] = [];
  #reportedAt = 0;
  /** Milliseconds spent on the run, pauses left out. */
  #busy = 0;
  #isDropped = false;

  private constructor(
    training: Training<Task["model"], Task["batch"]>,
    task: Task<ImageScores>,
    dataset: Dataset,
    look: () => Promise<ImageScores>,
    tell: Tell,
  ) {
    this.#training = training;
    this.#task = task;
    this.#dataset = dataset;
    this.#look = look;
    this.#tell = (message) => {
      if (!this.#isDropped) tell(message);
    };
  }

  static async create(gpu: Gpu, setup: Setup, dataUrl: string, tell: Tell): Promise<TrainingRun> {
    const dataset = await loadDataset(setup.dataset, (file) => fetchBytes(new URL(file, dataUrl)));
    const { epochs, batch, seed, width } = setup;
    const task = mlp(dataset, { optimizer: () => ruleOf(setup), epochs, batch, seed, width });
    const training = await compile(gpu, task);
    const score = await task.scorer(training);
    return new TrainingRun(training, task, dataset, () => score(true), tell);
  }

  /** Trains from the start to the end, or to a pause. */
  start(): Promise<void> {
    return (this.#work = this.#begin());
  }

  pause(): void {
    this.#signal.abort();
  }

  resume(): Promise<void> {
    this.#signal = new AbortController();
    return (this.#work = this.#work.then(() => this.#train()));
  }

  /** Ends the run, tells no more of it and gives its memory back. */
  drop(): void {
    this.#isDropped = true;
    this.pause();
    this.#work.catch(() => {}).then(() => this.#training.destroy());
  }

  async #begin(): Promise<void> {
    const { test, classes, width, height } = this.#dataset;
    const { steps, stepsPerEpoch } = this.#task;
    this.#tell({
      type: "started",
      plan: {
        steps,
        stepsPerEpoch,
        parameters: this.#training.weights.elements,
        testImages: test.count,
        classes,
        imageWidth: width,
        imageHeight: height,
      },
    });
    await this.#score();
    await this.#train();
  }

  async #train(): Promise<void> {
    const { steps, batchAt, evaluateEvery: every } = this.#task;
    const { signal } = this.#signal;
    const began = performance.now() - this.#busy;
    const onProgress = (progress: Progress<unknown>): void => {
      this.#busy = performance.now() - began;
      this.#latest = progress;
      const { step, metrics } = progress;
      this.#losses.push({ step, loss: metrics.loss, accuracy: metrics.accuracy as number });
      if (performance.now() - this.#reportedAt >= reportEvery) this.#report();
    };
    const run = async (): Promise<void> => {
      this.#report();
      await this.#score();
    };
    await fit(this.#training, { steps, batch: batchAt, signal, onProgress, evaluate: { every, run } });
    this.#report();
    this.#tell({ type: this.#training.batchCount < steps ? "paused" : "finished" });
  }

  #report(): void {
    if (!this.#latest) return;
    this.#reportedAt = performance.now();
    const { step, steps, stepsPerSecond } = this.#latest;
    const epoch = Math.ceil(step / this.#task.stepsPerEpoch);
    const { dispatches, submits } = this.#training.counts;
    const secondsLeft = (this.#busy / 1000 / step) * (steps - step);
    const standing = {
      step,
      epoch,
      stepsPerSecond,
      secondsLeft,
      dispatchesPerStep: dispatches,
      submitsPerStep: submits,
    };
    this.#tell({ type: "progress", standing, losses: this.#losses.splice(0) });
  }

  /** Looks at the test images with the weights that there are. */
  async #score(): Promise<void> {
    const { test, features } = this.#dataset;
    const [{ loss, accuracy, predictions, confidences }, weights] = [
      await this.#look(),
      await this.#training.readWeights(),
    ];
    const wrong = [...predictions.keys()].filter((index) => predictions[index] !== test.y[index]);
    const sure = (index: number): number => confidences[index] as number;
    const shown = wrong.toSorted((a, b) => sure(b) - sure(a)).slice(0, mistakesShown);
    const mistakes = shown.map((index): Mistake => {
      const pixels = test.x.slice(index * features, (index + 1) * features);
      const [truth, guess] = [test.y[index] as number, predictions[index] as number];
      return { index, pixels, truth, guess, confidence: sure(index) };
    });
    const step = this.#training.batchCount;
    const score = { step, loss, accuracy, weightNorm: weightNorm(weights), wrong: wrong.length, mistakes };
    this.#tell({ type: "scored", score });
  }
}

async function fetchBytes(url: URL): Promise<Uint8Array> {
  const response = await fetch(url);
  if (response.ok) return new Uint8Array(await response.arrayBuffer());
  throw new Error(
    `${url.pathname}: the server does not give it (got ${response.status}). Serve data/ beside this page.`,
  );
}
