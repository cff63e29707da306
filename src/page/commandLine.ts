/** A whole run in a page without a face: what `npm start` calls. */
import type { NamedNumbers } from "../engine/index.ts";
import { openGpu } from "../gpu/index.ts";
import { writeSafetensors } from "../interop/index.ts";
import { compile, fit, type Progress, type Trainer, Training } from "../train/index.ts";
import {
  type ImageScores,
  parameterCount,
  type Scores,
  type Task,
  type TextScores,
  weightNorm,
} from "../train/tasks/index.ts";
import { cpuLabel, requireShort } from "./onCpu.ts";
import { compareWeights, type Proof, referenceWeights } from "./proof.ts";
import { type RunRequest, type RunSetup, setupOf, taskOf } from "./runSetup.ts";

/** Steps at the start of a run that the CPU reference replays, in some seconds: of a transformer it would take minutes. */
const provenSteps = { mlp: 50, cnn: 3, gpt: 0 };

export interface RunStart {
  readonly type: "start";
  readonly setup: RunSetup;
  readonly adapter: string;
  readonly isSoftware: boolean;
  readonly implementation: string;
  readonly steps: number;
  readonly parameters: number;
}

/** How the model does on what was held back. */
export interface RunEvaluation {
  readonly loss: number;
  /** Of images. */
  readonly accuracy?: number;
  readonly weightNorm: number;
  /** Of texts: what the model writes. */
  readonly sample?: string;
}

export interface RunStep {
  readonly type: "step";
  readonly step: number;
  readonly steps: number;
  /** The epoch that the step belongs to, from 1, of `epochs`. */
  readonly epoch: number;
  readonly epochs: number;
  /** Of the step's batch, before its update: mean cross-entropy in nats, and of images the share predicted right. */
  readonly loss: number;
  readonly trainAccuracy?: number;
  readonly stepsPerSecond: number;
  readonly evaluation?: RunEvaluation;
}

/** The weights so far, as a safetensors file. */
export interface RunCheckpoint {
  readonly type: "checkpoint";
  readonly step: number;
  readonly file: Uint8Array;
}

export type RunEvent = RunStart | RunStep | RunCheckpoint | { readonly type: "proving" };

export interface RunOutcome extends RunEvaluation {
  readonly steps: number;
  readonly interrupted: boolean;
  /** What a person is told of the scores. */
  readonly scoreLines: readonly string[];
  readonly dispatchesPerStep: number;
  readonly submitsPerStep: number;
  /** Undefined where the CPU has trained, the run ended before it had the steps to replay, or a replay would take too long. */
  readonly proof: Proof | undefined;
}

type Report = (event: RunEvent) => Promise<void>;

/**
 * Trains, reports every step, and proves the first steps on the CPU. `globalThis.stopTraining()` ends it between two
 * steps, with a checkpoint.
 */
export async function run(request: RunRequest, report: Report): Promise<RunOutcome> {
  const stop = new AbortController();
  Object.assign(globalThis, { stopTraining: () => stop.abort() });
  const setup = setupOf(request);
  const gpu = setup.on === "cpu" ? undefined : await openGpu();
  const { label: adapter, isSoftware } = gpu?.adapter ?? { label: cpuLabel, isSoftware: true };
  const task = await taskOf(setup, fetchData);
  const { steps } = task;
  const training: Trainer<Task["model"], Task["batch"]> = await compile(gpu ?? "cpu", task);
  if (!gpu) await requireShort(training, task);
  const implementation = navigator.userAgent;
  const parameters = parameterCount(task.model);
  await report({ type: "start", setup, adapter, isSoftware, implementation, steps, parameters });

  const score = await task.scorer(training);
  const checkpoints: Promise<void>[] = [];
  /** Looks at what was held back, and keeps the weights that it was done with. */
  const evaluate = async () => {
    const scores = await score(training.batchCount === steps || stop.signal.aborted);
    const weights = await training.readWeights();
    checkpoints.push(report(checkpointOf(training.batchCount, weights, setup)));
    const { loss, accuracy, sample }: Partial<ImageScores & TextScores> & Scores = scores;
    const found = { loss, ...(accuracy !== undefined && { accuracy }), ...(sample !== undefined && { sample }) };
    return { step: training.batchCount, scores, evaluation: { ...found, weightNorm: weightNorm(weights) } };
  };

  const early = gpu ? Math.min(provenSteps[setup.task], steps) : 0;
  let earlyWeights: ReturnType<typeof training.readWeights> | undefined;
  const readEarly = (step: number): void => {
    if (early > 0 && step === early) earlyWeights ??= training.readWeights();
  };
  let last: Awaited<ReturnType<typeof evaluate>> | undefined;
  await fit(training, {
    steps,
    batch: (step) => {
      readEarly(step);
      return task.batchAt(step);
    },
    signal: stop.signal,
    onProgress: (progress) => {
      last = progress.evaluation ?? last;
      void report(stepOf(progress, task));
    },
    evaluate: { every: task.evaluateEvery, run: evaluate },
  });
  readEarly(training.batchCount);
  if (last?.step !== training.batchCount) last = await evaluate();
  await Promise.all(checkpoints);

  const interrupted = training.batchCount < steps;
  let proof: Proof | undefined;
  if (earlyWeights && !interrupted) {
    await report({ type: "proving" });
    proof = compareWeights(early, await earlyWeights, await referenceWeights(task, early));
  }
  const counts = training instanceof Training ? training.counts : { dispatches: 0, submits: 0 };
  const outcome = {
    ...last.evaluation,
    steps: training.batchCount,
    interrupted,
    scoreLines: task.reportLines(last.scores),
    dispatchesPerStep: counts.dispatches,
    submitsPerStep: counts.submits,
    proof,
  };
  training.destroy();
  gpu?.destroy();
  return outcome;
}

function stepOf(
  { step, steps, metrics, stepsPerSecond, evaluation }: Progress<{ readonly evaluation: RunEvaluation }>,
  { stepsPerEpoch }: Task,
): RunStep {
  const { loss, accuracy: trainAccuracy } = metrics;
  const epoch = Math.ceil(step / stepsPerEpoch);
  const epochs = Math.ceil(steps / stepsPerEpoch);
  return {
    ...{ type: "step", step, steps, epoch, epochs, loss },
    ...(trainAccuracy !== undefined && { trainAccuracy }),
    stepsPerSecond,
    ...(evaluation && { evaluation: evaluation.evaluation }),
  };
}

function checkpointOf(step: number, weights: ReadonlyMap<string, NamedNumbers>, setup: RunSetup): RunCheckpoint {
  const tensors = new Map(
    [...weights].map(([name, { shape, data }]) => [name, { dtype: "F32" as const, shape, data }]),
  );
  const metadata = {
    step: String(step),
    setup: JSON.stringify(setup),
    format: `shrinkstep ${setup.task}, weights of linear layers [in, out]`,
  };
  return { type: "checkpoint", step, file: writeSafetensors(tensors, metadata) };
}

async function fetchData(file: string): Promise<Uint8Array> {
  const response = await fetch(`/data/${file}`);
  if (!response.ok) throw new Error(`data/${file}: it could not be read (got status ${response.status}).`);
  return new Uint8Array(await response.arrayBuffer());
}
