import { adam, adamw, cosine, type Schedule, sgd, sgdw, type UpdateRule } from "../optim/index.ts";
import { cnnDefaults, gptDefaults } from "../train/tasks/index.ts";

export type TaskName = "mlp" | "cnn" | "gpt";
export type DatasetName = "fashion" | "digits";
export type OptimizerName = "sgd" | "sgdw" | "adam" | "adamw";

/** Everything that decides a run: the names are those of the form's fields. */
export interface Setup {
  readonly task: TaskName;
  /** Of the two tasks on images. */
  readonly dataset: DatasetName;
  readonly optimizer: OptimizerName;
  readonly lr: number;
  readonly weightDecay: number;
  /** Used by SGD and SGDW only. */
  readonly momentum: number;
  /** How long a run on images is. */
  readonly epochs: number;
  /** How long a run on text is. */
  readonly steps: number;
  readonly batch: number;
  readonly width: number;
  readonly seed: number;
}

/** Values that each task begins with. */
export type Sizes = Pick<Setup, "epochs" | "steps" | "batch" | "width">;

interface TaskFacts {
  readonly label: string;
  readonly isText: boolean;
  /** What its width counts. */
  readonly width: { readonly label: string; readonly hint: string; readonly most: number };
  readonly suggested: Sizes;
}

export const tasks: Readonly<Record<TaskName, TaskFacts>> = {
  mlp: {
    label: "perceptron",
    isText: false,
    width: { label: "Neurons", hint: "Neurons in each hidden layer", most: 2048 },
    suggested: { epochs: 12, steps: 1, batch: 128, width: 128 },
  },
  cnn: {
    label: "convolutional",
    isText: false,
    width: { label: "Channels", hint: "Channels of the first convolution; the second has twice as many", most: 128 },
    suggested: { epochs: cnnDefaults.epochs, steps: 1, batch: cnnDefaults.batch, width: cnnDefaults.width },
  },
  gpt: {
    label: "transformer",
    isText: true,
    width: { label: "Width", hint: "Numbers that stand for a character on its way through the layers", most: 512 },
    suggested: { epochs: 1, steps: gptDefaults.steps, batch: gptDefaults.batch, width: gptDefaults.width },
  },
};

/** What a run is counted in. */
export type Unit = "epoch" | "step";
export const unitOf = ({ task }: Setup): Unit => (tasks[task].isText ? "step" : "epoch");
export const lengthOf = (setup: Setup): number => (tasks[setup.task].isText ? setup.steps : setup.epochs);

interface OptimizerFacts {
  readonly label: string;
  readonly usesMomentum: boolean;
  /** The same optimizer with the other kind of decay. */
  readonly twin: OptimizerName;
  /** Values to begin with: both kinds of decay take the same ones, so that a comparison changes one thing. */
  readonly suggested: { readonly lr: number; readonly weightDecay: number };
}

const forSgd = { lr: 0.1, weightDecay: 0.001 };
const forAdam = { lr: 0.002, weightDecay: 0.1 };

export const optimizers: Readonly<Record<OptimizerName, OptimizerFacts>> = {
  adamw: { label: "AdamW", usesMomentum: false, twin: "adam", suggested: forAdam },
  adam: { label: "Adam", usesMomentum: false, twin: "adamw", suggested: forAdam },
  sgdw: { label: "SGDW", usesMomentum: true, twin: "sgd", suggested: forSgd },
  sgd: { label: "SGD", usesMomentum: true, twin: "sgdw", suggested: forSgd },
};

/** The rate and the decay that a run begins with. */
export function suggestedDials({
  task,
  optimizer,
}: Pick<Setup, "task" | "optimizer">): Pick<Setup, "lr" | "weightDecay"> {
  const { suggested } = optimizers[optimizer];
  return task === "gpt" && suggested === forAdam ? { ...forAdam, lr: gptDefaults.lr } : suggested;
}

/** Images to train on, in the copies under `data/`: what an epoch is before anything is loaded. */
export const trainImages: Readonly<Record<DatasetName, number>> = { fashion: 6000, digits: 1438 };

/**
 * The update rule of a setup; `schedule` replaces its constant learning rate.
 * @throws HyperparameterError in words that can be shown to a person.
 */
export function ruleOf(
  { optimizer, lr, weightDecay, momentum }: Pick<Setup, "optimizer" | "lr" | "weightDecay" | "momentum">,
  schedule?: Schedule,
): UpdateRule {
  const shared = { lr: schedule ?? lr, weightDecay };
  switch (optimizer) {
    case "sgd":
      return sgd({ ...shared, momentum });
    case "sgdw":
      return sgdw({ ...shared, momentum });
    case "adam":
      return adam(shared);
    case "adamw":
      return adamw(shared);
  }
}

/** The learning rate of a run on text: a warm-up, then half a cosine down to zero. On images it stays as it is. */
export const textSchedule = (peak: number, total: number): Schedule =>
  cosine({ peak, total, warmup: Math.min(gptDefaults.warmup, total - 1) });

/** Whether two setups differ in nothing but the optimizer. */
export function sameButOptimizer(a: Setup, b: Setup): boolean {
  const { optimizer: _a, momentum: momentumA, ...restA } = a;
  const { optimizer: _b, momentum: momentumB, ...restB } = b;
  const sameMomentum = momentumA === momentumB || !optimizers[a.optimizer].usesMomentum;
  return a.optimizer !== b.optimizer && sameMomentum && JSON.stringify(restA) === JSON.stringify(restB);
}
