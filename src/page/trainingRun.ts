import type { Gpu } from "../gpu/index.ts";
import { type Dataset, loadDataset } from "../train/datasets.ts";
import { createTraining, type Evaluation, type Progress, type Training } from "../train/perceptronTraining.ts";
import { confidenceOf } from "./confidence.ts";
import type { FromWorker, LossPoint, Mistake } from "./protocol.ts";
import { ruleOf, type Setup } from "./setup.ts";

type Tell = (message: FromWorker) => void;

/** Milliseconds between two reports of progress. */
const reportEvery = 80;
const mistakesShown = 16;
/** Multiplications that the confidences after one epoch may take: some 50 ms. */
const confidenceBudget = 5e7;

/** One run in the worker, from its setup to its end; all that happens is told to the page. */
export class TrainingRun {
  readonly #training: Training;
  readonly #dataset: Dataset;
  readonly #stepsPerEpoch: number;
  readonly #tell: Tell;
  #signal = new AbortController();
  #work: Promise<void> = Promise.resolve();
  #latest: Progress | undefined;
  #losses: LossPoint[] = [];
  #reportedAt = 0;
  /** Milliseconds spent on the run, pauses left out. */
  #busy = 0;
  #isDropped = false;

  private constructor(training: Training, dataset: Dataset, epochs: number, tell: Tell) {
    this.#training = training;
    this.#dataset = dataset;
    this.#stepsPerEpoch = training.totalSteps / epochs;
    this.#tell = (message) => {
      if (!this.#isDropped) tell(message);
    };
  }

  static async create(gpu: Gpu, setup: Setup, dataUrl: string, tell: Tell): Promise<TrainingRun> {
    const dataset = await loadDataset(setup.dataset, (file) => fetchBytes(new URL(file, dataUrl)));
    const { epochs, batch, seed, width } = setup;
    const training = await createTraining(gpu, { dataset, optimizer: ruleOf(setup), epochs, batch, seed, width });
    return new TrainingRun(training, dataset, epochs, tell);
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
    const { name: _, test, classes, width, height } = this.#dataset;
    const weights = await this.#training.weights();
    const parameters = [...weights.values()].reduce((sum, { data }) => sum + data.length, 0);
    this.#tell({
      type: "started",
      plan: {
        steps: this.#training.totalSteps,
        stepsPerEpoch: this.#stepsPerEpoch,
        parameters,
        testImages: test.count,
        classes,
        imageWidth: width,
        imageHeight: height,
      },
    });
    await this.#score(await this.#training.evaluate());
    await this.#train();
  }

  /** Epoch by epoch: between two of them the weights stand still, and can be looked at. */
  async #train(): Promise<void> {
    const { totalSteps } = this.#training;
    const { signal } = this.#signal;
    while (this.#training.stepCount < totalSteps && !signal.aborted) {
      const began = performance.now() - this.#busy;
      let evaluation: Evaluation | undefined;
      const onProgress = (progress: Progress): void => {
        this.#busy = performance.now() - began;
        this.#latest = progress;
        this.#losses.push({ step: progress.step, loss: progress.loss, accuracy: progress.trainAccuracy });
        evaluation = progress.evaluation;
        if (performance.now() - this.#reportedAt >= reportEvery) this.#report();
      };
      const epoch = Math.floor(this.#training.stepCount / this.#stepsPerEpoch);
      await this.#training.run({ signal, onProgress, until: (epoch + 1) * this.#stepsPerEpoch });
      this.#report();
      if (evaluation) await this.#score(evaluation);
      this.#busy = performance.now() - began;
    }
    this.#tell({ type: this.#training.stepCount < totalSteps ? "paused" : "finished" });
  }

  #report(): void {
    if (!this.#latest) return;
    this.#reportedAt = performance.now();
    const { step, steps, epoch, stepsPerSecond } = this.#latest;
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

  async #score({ predictions, loss, accuracy, weightNorm }: Evaluation): Promise<void> {
    const { test, features } = this.#dataset;
    const weights = await this.#training.weights();
    const parameters = [...weights.values()].reduce((sum, { data }) => sum + data.length, 0);
    const wrong = [...predictions.keys()].filter((index) => predictions[index] !== test.y[index]);
    const looked = wrong.slice(0, Math.max(mistakesShown, Math.floor(confidenceBudget / parameters)));
    const mistakes = looked.map((index): Mistake => {
      const pixels = test.x.slice(index * features, (index + 1) * features);
      const guess = predictions[index] as number;
      return { index, pixels, truth: test.y[index] as number, guess, confidence: confidenceOf(weights, pixels, guess) };
    });
    mistakes.sort((a, b) => b.confidence - a.confidence).splice(mistakesShown);
    const step = this.#training.stepCount;
    this.#tell({ type: "scored", score: { step, loss, accuracy, weightNorm, wrong: wrong.length, mistakes } });
  }
}

async function fetchBytes(url: URL): Promise<Uint8Array> {
  const response = await fetch(url);
  if (response.ok) return new Uint8Array(await response.arrayBuffer());
  throw new Error(
    `${url.pathname}: the server does not give it (got ${response.status}). Serve data/ beside this page.`,
  );
}
