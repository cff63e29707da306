import { adam, adamw, type Schedule, sgd, sgdw, type UpdateRule } from "../optim/index.ts";

export type DatasetName = "fashion" | "digits";
export type OptimizerName = "sgd" | "sgdw" | "adam" | "adamw";

/** Everything that decides a run: the names are those of the form's fields. */
export interface Setup {
  readonly dataset: DatasetName;
  readonly optimizer: OptimizerName;
  readonly lr: number;
  readonly weightDecay: number;
  /** Used by SGD and SGDW only. */
  readonly momentum: number;
  readonly epochs: number;
  readonly batch: number;
  readonly width: number;
  readonly seed: number;
}

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

/** Whether two setups differ in nothing but the optimizer. */
export function sameButOptimizer(a: Setup, b: Setup): boolean {
  const { optimizer: _a, momentum: momentumA, ...restA } = a;
  const { optimizer: _b, momentum: momentumB, ...restB } = b;
  const sameMomentum = momentumA === momentumB || !optimizers[a.optimizer].usesMomentum;
  return a.optimizer !== b.optimizer && sameMomentum && JSON.stringify(restA) === JSON.stringify(restB);
}
