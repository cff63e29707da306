/** What `npm start` can be asked for, and the task that it makes. */
import { cosine, type UpdateRule } from "../optim/index.ts";
import { loadDataset } from "../train/index.ts";
import { cnn, cnnDefaults, gpt, gptDefaults, mlp, mlpDefaults, type Scores, type Task } from "../train/tasks/index.ts";
import { textDataset } from "../train/text.ts";
import { type DatasetName, type OptimizerName, ruleOf } from "./setup.ts";

export type TaskName = "mlp" | "cnn" | "gpt";

/** What was asked for: what is left out is the task's own choice. */
export interface RunRequest {
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

/** The task of a setup. `fetchBytes` gets the name of a file in `data/` and gives its bytes. */
export async function taskOf(
  setup: RunSetup,
  fetchBytes: (file: string) => Promise<Uint8Array>,
): Promise<Task<Scores>> {
  const { batch, width, seed } = setup;
  const optimizer = (total: number): UpdateRule => rule(setup, total);
  const shared = { batch, width, seed, optimizer };
  if (setup.task === "gpt") {
    const text = textDataset(new TextDecoder().decode(await fetchBytes(bookFile)));
    return gpt(text, { ...shared, steps: setup.steps ?? gptDefaults.steps });
  }
  const dataset = await loadDataset(setup.dataset as DatasetName, fetchBytes);
  const epochs = setup.epochs ?? ofTask[setup.task].epochs;
  return (setup.task === "mlp" ? mlp : cnn)(dataset, { ...shared, epochs });
}

function rule(setup: RunSetup, total: number): UpdateRule {
  const isText = setup.task === "gpt";
  const warmup = isText ? Math.min(gptDefaults.warmup, total - 1) : 0;
  const made = ruleOf(setup, setup.schedule === "cosine" ? cosine({ peak: setup.lr, total, warmup }) : undefined);
  return isText && setup.optimizer.startsWith("adam") ? made.with({ beta2: gptDefaults.beta2 }) : made;
}
