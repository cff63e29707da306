/** What `npm start` can be asked for, and the task that it makes. */
import { cosine, type UpdateRule } from "../optim/index.ts";
import { type Dataset, loadDataset } from "../train/datasets.ts";
import {
  cnn,
  cnnDefaults,
  gpt,
  gptDefaults,
  type ImageScores,
  mlp,
  mlpDefaults,
  type Scores,
  type Task,
  type TextScores,
} from "../train/tasks/index.ts";
import { type TextDataset, textDataset } from "../train/text.ts";
import { type DatasetName, type OptimizerName, ruleOf, type TaskName, textSchedule } from "./setup.ts";

/** What was asked for: what is left out is the task's own choice. */
export interface RunRequest {
  /** By the CPU reference, where a GPU is not wanted. */
  readonly on?: "gpu" | "cpu";
  readonly task: TaskName;
  readonly dataset?: DatasetName;
  readonly optimizer?: OptimizerName;
  /** Of the learning rate: by half a cosine down to zero at the end of the run, or not at all. */
  readonly schedule?: "cosine" | "constant";
  readonly lr?: number;
  readonly weightDecay?: number;
  readonly momentum?: number;
  /** Of image sets. */
  readonly epochs?: number;
  /** Of texts. */
  readonly steps?: number;
  readonly batch?: number;
  readonly width?: number;
  readonly seed?: number;
}

/** All that decides a run. */
export type RunSetup = Omit<RunRequest, "dataset"> &
  Required<
    Pick<RunRequest, "optimizer" | "schedule" | "lr" | "weightDecay" | "momentum" | "batch" | "width" | "seed">
  > & {
    readonly dataset: string;
  };

const bookFile = "pride-and-prejudice.txt";

const ofTask = { mlp: mlpDefaults, cnn: cnnDefaults, gpt: gptDefaults };

/** Digits are fewer and smaller. */
const ofDigits = { epochs: 40, batch: 50 };

/** Of optimizers that are not the tasks' own, AdamW. */
const ofOptimizer = {
  sgd: { lr: 0.1, weightDecay: 1e-3 },
  sgdw: { lr: 0.1, weightDecay: 1e-3 },
  adam: { weightDecay: 1e-4 },
  adamw: {},
};

/** The setup of a run: what was asked for, and the defaults of its task, its data and its optimizer. */
export function setupOf(request: RunRequest): RunSetup {
  const { task, optimizer = "adamw", dataset = "fashion" } = request;
  const { batch, width, lr, weightDecay } = ofTask[task];
  const amount = task === "gpt" ? { steps: gptDefaults.steps } : { epochs: ofTask[task].epochs };
  return {
    ...{ optimizer, schedule: "cosine", momentum: 0.9, seed: 1, batch, width, lr, weightDecay, ...amount },
    ...(task !== "gpt" && dataset === "digits" && ofDigits),
    ...ofOptimizer[optimizer],
    ...request,
    dataset: task === "gpt" ? bookFile : dataset,
  };
}

/** Gets the name of a file in `data/` and gives its bytes. */
export type FetchBytes = (file: string) => Promise<Uint8Array>;

/** The task of a setup. */
export async function taskOf(setup: RunSetup, fetchBytes: FetchBytes): Promise<Task<Scores>> {
  if (setup.task === "gpt") return textTask(setup, await loadBook(fetchBytes));
  return imageTask(setup, await loadDataset(setup.dataset as DatasetName, fetchBytes));
}

export const loadBook = async (fetchBytes: FetchBytes): Promise<TextDataset> =>
  textDataset(new TextDecoder().decode(await fetchBytes(bookFile)));

/** What of a setup makes its task. */
type TaskSetup = Omit<RunSetup, "dataset">;

export function textTask(setup: TaskSetup, text: TextDataset, evaluateEvery?: number): Task<TextScores> {
  const { steps = gptDefaults.steps } = setup;
  return gpt(text, { ...shared(setup), steps, ...(evaluateEvery && { evaluateEvery }) });
}

export function imageTask(setup: TaskSetup, dataset: Dataset): Task<ImageScores> {
  const { epochs = mlpDefaults.epochs } = setup;
  return (setup.task === "mlp" ? mlp : cnn)(dataset, { ...shared(setup), epochs });
}

function shared(setup: TaskSetup) {
  const { batch, width, seed } = setup;
  return { batch, width, seed, optimizer: (total: number) => rule(setup, total) };
}

function rule(setup: TaskSetup, total: number): UpdateRule {
  const isText = setup.task === "gpt";
  const { lr: peak, schedule } = setup;
  const falling = isText ? textSchedule : (peak: number, total: number) => cosine({ peak, total });
  const made = ruleOf(setup, schedule === "cosine" ? falling(peak, total) : undefined);
  return isText && setup.optimizer.startsWith("adam") ? made.with({ beta2: gptDefaults.beta2 }) : made;
}
