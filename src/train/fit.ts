import { UsageError } from "../gpu/index.ts";
import type { StepMetrics } from "./metrics.ts";
import { TaskYielder } from "./taskYielder.ts";

/** What `fit` asks of a training: see `Training`. */
export interface Fittable<Batch> {
  readonly batchCount: number;
  step(batch: Batch): Promise<void>;
  settled(): Promise<void>;
  listen(onStep: (metrics: StepMetrics) => void): () => void;
}

/** Told of once a step, in order, a few steps late. */
export interface Progress<Evaluation = undefined> {
  /** Steps done, of `steps`. */
  readonly step: number;
  readonly steps: number;
  /** What the step's batch was like before its update. */
  readonly metrics: StepMetrics;
  /** Since this call of `fit`, evaluations left out. */
  readonly stepsPerSecond: number;
  /** With the steps that are followed by one. */
  readonly evaluation?: Evaluation;
}

export interface FitOptions<Batch, Evaluation> {
  /** The step to end after, counted from the training's first: a batch each. */
  readonly steps: number;
  /** The batch of a step, 0 at the first. */
  readonly batch: (step: number) => Batch;
  /** Ends it early, between two steps. Fitting again goes on from there. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (progress: Progress<Evaluation>) => void;
  /** What is to be found out after every so many steps and after the last; training waits for it. */
  readonly evaluate?: { readonly every: number; readonly run: () => Promise<Evaluation> };
}

const underway = new WeakSet<Fittable<never>>();

/**
 * Trains until `steps`, or until the signal: then what was underway is done and told of. No more than a few steps are on
 * their way to the GPU at once, and other tasks of the page run between two of them.
 *
 * @throws UsageError while the training is being fitted already; DeviceLostError and whatever else a step reports; what a
 * callback throws, which ends it. All by rejection, and but for a lost device fitting again goes on.
 */
export async function fit<Batch, Evaluation = undefined>(
  training: Fittable<Batch>,
  options: FitOptions<Batch, Evaluation>,
): Promise<void> {
  const { steps, batch, signal, onProgress = () => {}, evaluate } = options;
  checkCount("steps", steps, 0);
  if (evaluate) checkCount("evaluate.every", evaluate.every, 1);
  if (underway.has(training)) throw new UsageError("fit: it is running already. Wait for it, or abort it first.");
  underway.add(training);
  const tasks = new TaskYielder();
  const evaluatesAfter = (step: number): boolean => !!evaluate && (step === steps || step % evaluate.every === 0);
  let held: Progress<Evaluation> | undefined;
  let stop = (): void => {};
  try {
    await training.settled(); // Steps that somebody else has taken are no part of it.
    const clock = { start: performance.now(), first: training.batchCount };
    stop = training.listen((metrics) => {
      const { step } = metrics;
      const stepsPerSecond = ((step - clock.first) * 1000) / (performance.now() - clock.start);
      const progress = { step, steps, metrics, stepsPerSecond };
      if (evaluatesAfter(step)) held = progress;
      else onProgress(progress);
    });
    while (training.batchCount < steps && !signal?.aborted) {
      await training.step(batch(training.batchCount));
      await tasks.nextTask();
      if (!evaluate || !evaluatesAfter(training.batchCount)) continue;
      await training.settled();
      const paused = performance.now();
      const evaluation = await evaluate.run();
      clock.start += performance.now() - paused;
      if (held) onProgress({ ...held, evaluation });
    }
    await training.settled();
  } finally {
    stop();
    tasks.close();
    underway.delete(training);
  }
}

function checkCount(name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new UsageError(`fit: ${name} is no whole number in range (got ${value}, allowed ${least} and more). Pass one.`);
}
