/** A whole run in a page without a face: what `npm start` calls. */
import { openGpu } from "../gpu/index.ts";
import { writeSafetensors } from "../interop/index.ts";
import { cosine } from "../optim/index.ts";
import { loadDataset } from "../train/datasets.ts";
import { createTraining, type Progress, type Training } from "../train/perceptronTraining.ts";
import { compareWeights, type Proof, referenceWeights } from "./proof.ts";
import { ruleOf, type Setup } from "./setup.ts";

/** A setup, and how the learning rate goes: `constant`, or by half a cosine down to zero at the end of the run. */
export interface RunSetup extends Setup {
  readonly schedule: "constant" | "cosine";
}

/** Steps at the start of a run that the CPU reference replays. */
const provenSteps = 50;

export interface RunStart {
  readonly type: "start";
  readonly adapter: string;
  readonly isSoftware: boolean;
  readonly implementation: string;
  readonly steps: number;
  readonly parameters: number;
}

/** One step, and with the last one of an epoch how the model does on the test images. */
export interface RunStep extends Omit<Progress, "evaluation"> {
  readonly type: "step";
  readonly evaluation?: { readonly loss: number; readonly accuracy: number; readonly weightNorm: number };
}

/** The weights so far, as a safetensors file. */
export interface RunCheckpoint {
  readonly type: "checkpoint";
  readonly step: number;
  readonly file: Uint8Array;
}

export type RunEvent = RunStart | RunStep | RunCheckpoint | { readonly type: "proving" };

export interface RunOutcome {
  readonly steps: number;
  readonly interrupted: boolean;
  readonly testAccuracy: number;
  readonly testLoss: number;
  readonly weightNorm: number;
  readonly dispatchesPerStep: number;
  readonly submitsPerStep: number;
  /** Undefined where the run ended before it had the steps to replay. */
  readonly proof: Proof | undefined;
}

/**
 * Trains, reports every step, and proves the first steps on the CPU. `globalThis.stopTraining()` ends it between two
 * steps, with a checkpoint.
 */
export async function run(setup: RunSetup, report: (event: RunEvent) => Promise<void>): Promise<RunOutcome> {
  const stop = new AbortController();
  Object.assign(globalThis, { stopTraining: () => stop.abort() });
  const gpu = await openGpu();
  const dataset = await loadDataset(setup.dataset, fetchData);
  const total = setup.epochs * Math.floor(dataset.train.count / setup.batch);
  const schedule = setup.schedule === "cosine" ? cosine({ peak: setup.lr, total }) : undefined;
  const options = { ...setup, dataset, optimizer: ruleOf(setup, schedule) };
  const training = await createTraining(gpu, options);
  const { label: adapter, isSoftware } = gpu.adapter;
  const parameters = [...(await training.weights()).values()].reduce((sum, { data }) => sum + data.length, 0);
  const implementation = navigator.userAgent;
  await report({ type: "start", adapter, isSoftware, implementation, steps: training.totalSteps, parameters });

  const checkpoints: Promise<void>[] = [];
  const onProgress = ({ evaluation, ...step }: Progress): void => {
    if (!evaluation) return void report({ type: "step", ...step });
    const { predictions, ...scores } = evaluation;
    void report({ type: "step", ...step, evaluation: scores });
    checkpoints.push(checkpoint(training, setup).then(report));
  };
  const early = Math.min(provenSteps, training.totalSteps);
  await training.run({ signal: stop.signal, onProgress, until: early });
  const earlyWeights = training.stepCount === early ? await training.weights() : undefined;
  await training.run({ signal: stop.signal, onProgress });
  await Promise.all(checkpoints);
  await report(await checkpoint(training, setup));

  const { loss, accuracy, weightNorm } = await training.evaluate();
  const interrupted = training.stepCount < training.totalSteps;
  let proof: Proof | undefined;
  if (earlyWeights && !interrupted) {
    await report({ type: "proving" });
    proof = compareWeights(early, earlyWeights, await referenceWeights(options, early));
  }
  const outcome = {
    steps: training.stepCount,
    interrupted,
    testAccuracy: accuracy,
    testLoss: loss,
    weightNorm,
    dispatchesPerStep: training.counts.dispatches,
    submitsPerStep: training.counts.submits,
    proof,
  };
  training.destroy();
  gpu.destroy();
  return outcome;
}

async function checkpoint(training: Training, setup: RunSetup): Promise<RunCheckpoint> {
  const step = training.stepCount;
  const weights = await training.weights();
  const tensors = new Map(
    [...weights].map(([name, { shape, data }]) => [name, { dtype: "F32" as const, shape, data }]),
  );
  const metadata = {
    step: String(step),
    setup: JSON.stringify(setup),
    format: "shrinkstep perceptron, weights [in, out]",
  };
  return { type: "checkpoint", step, file: writeSafetensors(tensors, metadata) };
}

async function fetchData(file: string): Promise<Uint8Array> {
  const response = await fetch(`/data/${file}`);
  if (!response.ok) throw new Error(`data/${file}: it could not be read (got status ${response.status}).`);
  return new Uint8Array(await response.arrayBuffer());
}
