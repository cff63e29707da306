import { type LeavesOf, type Model, type NamedNumbers, namedParameters, type Outputs } from "../../engine/index.ts";
import { elementsOf, type Tensor, type TensorType } from "../../graph/index.ts";
import type { UpdateRule } from "../../optim/index.ts";
import type { Trainer } from "../trainer.ts";

/** What a batch of every task is: what goes in, and the classes that should come out. */
export type Examples = { readonly x: TensorType; readonly y: TensorType };

/** How a model does on what was held back. */
export interface Scores {
  /** Mean cross-entropy in nats. */
  readonly loss: number;
}

/**
 * Something to be learned, as `compile` and `fit` are told of it: `compile(gpu, task)`, then `fit(training, { steps:
 * task.steps, batch: task.batchAt })`.
 */
export interface Task<S extends Scores = Scores> {
  readonly model: Model;
  readonly batch: Examples;
  readonly loss: (model: Model, batch: LeavesOf<Examples>) => { readonly loss: Tensor } & Outputs;
  readonly optimizer: UpdateRule;
  readonly seed: number;
  readonly steps: number;
  readonly stepsPerEpoch: number;
  /** Steps between two looks at what was held back. */
  readonly evaluateEvery: number;
  /** The batch of a step, 0 at the first: a pure function of the seed and the step. The next call may reuse its arrays. */
  readonly batchAt: (step: number) => { readonly x: ArrayLike<number>; readonly y: ArrayLike<number> };
  /**
   * Prepares the looks at what was held back. The last look of a run is `whole`, others may be content with a part. A model
   * that writes tells of its text so far, character by character.
   */
  readonly scorer: (
    training: Trainer<Model, Examples>,
  ) => Promise<(isWhole: boolean, onWriting?: (text: string) => void) => Promise<S>>;
  /** What a person is told of the scores. */
  reportLines(scores: S): readonly string[];
}

/** What every task can be told. */
export interface TaskOptions {
  /** Examples a step. */
  readonly batch?: number;
  /** Of the initial weights and the order of the examples: the same seed on the same adapter gives the same bits. */
  readonly seed?: number;
  /** Given the steps of the run, for its schedule. */
  readonly optimizer?: (steps: number) => UpdateRule;
}

/** Numbers that a model is trained by. */
export function parameterCount(model: Model): number {
  return [...namedParameters(model).values()].reduce((sum, { shape }) => sum + elementsOf(shape), 0);
}

/** √(Σ w²) over all weights. */
export function weightNorm(weights: ReadonlyMap<string, NamedNumbers>): number {
  let squares = 0;
  for (const { data } of weights.values()) for (const value of data) squares += value * value;
  return Math.sqrt(squares);
}
