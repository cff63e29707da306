import type { MatmulTable } from "../engine/index.ts";
import type { Gpu } from "../gpu/index.ts";
import { compile, fit, type Progress, type Trainer, Training } from "../train/index.ts";
import { parameterCount, type Task, weightNorm } from "../train/tasks/index.ts";
import { type Lesson, lessonOf } from "./lesson.ts";
import { requireShort } from "./onCpu.ts";
import type { FromWorker, LossPoint } from "./protocol.ts";
import { type Setup, unitOf } from "./setup.ts";

type Tell = (message: FromWorker) => void;

/** Milliseconds between two reports of progress. */
const reportEvery = 80;

/** One run in the worker, from its setup to its end; all that happens is told to the page. */
export class TrainingRun {
  readonly #training: Trainer<Task["model"], Task["batch"]>;
  readonly #lesson: Lesson;
  readonly #setup: Setup;
  readonly #tell: Tell;
  #look: Awaited<ReturnType<Lesson["looker"]>> | undefined;
  #signal = new AbortController();
  #work: Promise<void> = Promise.resolve();
  #latest: Progress<unknown> | undefined;
  #losses: LossPoint[] = [];
  #reportedAt = 0;
  /** Milliseconds spent on the run, pauses left out. */
  #busy = 0;
  #isDropped = false;

  private constructor(training: Trainer<Task["model"], Task["batch"]>, lesson: Lesson, setup: Setup, tell: Tell) {
    this.#training = training;
    this.#lesson = lesson;
    this.#setup = setup;
    this.#tell = (message) => {
      if (!this.#isDropped) tell(message);
    };
  }

  static async create(
    on: Gpu | "cpu",
    matmulTable: MatmulTable | undefined,
    setup: Setup,
    dataUrl: string,
    tell: Tell,
  ): Promise<TrainingRun> {
    const lesson = await lessonOf(setup, (file) => fetchBytes(new URL(file, dataUrl)));
    const training = await compile(on, { ...lesson.task, ...(matmulTable && { matmulTable }) });
    if (on === "cpu") await requireShort(training, lesson.task);
    const run = new TrainingRun(training, lesson, setup, tell);
    run.#look = await lesson.looker(run.#training, (text) => run.#tell({ type: "writing", text }));
    return run;
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
    const { task, images } = this.#lesson;
    const stepsPerUnit = unitOf(this.#setup) === "epoch" ? task.stepsPerEpoch : 1;
    const parameters = parameterCount(task.model);
    this.#tell({ type: "started", plan: { steps: task.steps, stepsPerUnit, parameters, ...(images && { images }) } });
    await this.#score();
    await this.#train();
  }

  async #train(): Promise<void> {
    const { steps, batchAt, evaluateEvery: every } = this.#lesson.task;
    const { signal } = this.#signal;
    const began = performance.now() - this.#busy;
    const onProgress = (progress: Progress<unknown>): void => {
      this.#busy = performance.now() - began;
      this.#latest = progress;
      const { step, metrics } = progress;
      this.#losses.push({ step, loss: metrics.loss, accuracy: metrics.accuracy });
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
    const training = this.#training;
    const { dispatches, submits } = training instanceof Training ? training.counts : { dispatches: 0, submits: 0 };
    const secondsLeft = (this.#busy / 1000 / step) * (steps - step);
    const standing = {
      step,
      stepsPerSecond,
      secondsLeft,
      dispatchesPerStep: dispatches,
      submitsPerStep: submits,
    };
    this.#tell({ type: "progress", standing, losses: this.#losses.splice(0) });
  }

  /** Looks at what was held back with the weights that there are. */
  async #score(): Promise<void> {
    const step = this.#training.batchCount;
    const findings = await this.#look?.(step === this.#lesson.task.steps);
    const weights = await this.#training.readWeights();
    if (findings) this.#tell({ type: "scored", score: { step, weightNorm: weightNorm(weights), ...findings } });
  }
}

async function fetchBytes(url: URL): Promise<Uint8Array> {
  const response = await fetch(url);
  if (response.ok) return new Uint8Array(await response.arrayBuffer());
  throw new Error(
    `${url.pathname}: the server does not give it (got ${response.status}). Serve data/ beside this page.`,
  );
}
