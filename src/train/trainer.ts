import type { BatchOf, BatchTypes, LeavesOf, NamedNumbers, Outputs } from "../engine/index.ts";
import type { StepListener } from "./metrics.ts";

/** What an evaluation has found, by name: uint32 for indices, else float32, row-major. */
export type Found = Readonly<Record<string, Float32Array | Uint32Array>>;

/** Something computed of a model over the weights of a training. */
export interface Evaluation<Types extends BatchTypes> {
  /** What it computes of a batch, with the weights after the steps so far. */
  run(batch: BatchOf<Types>): Promise<Found>;
}

/** A model, its loss and its optimizer, prepared: what `compile` gives, on the GPU or on the CPU. */
export interface Trainer<M, Types extends BatchTypes> {
  /** Updates so far. */
  readonly stepCount: number;
  /** Batches so far. */
  readonly batchCount: number;
  /** One batch: forward, loss, backward and update. Done when there is room for another step. */
  step(batch: BatchOf<Types>): Promise<void>;
  /** Resolves when every step so far is done and told of. */
  settled(): Promise<void>;
  /** Has a function told of steps, in order and some late, until what this gives is called. */
  listen(onStep: StepListener): () => void;
  /** A way to compute something of the model in evaluation: made once, run as often as wanted. */
  evaluator<Other extends BatchTypes>(
    batch: Other,
    outputs: (model: M, batch: LeavesOf<Other>) => Outputs,
  ): Promise<Evaluation<Other>>;
  /** The weights to evaluate with, by name. */
  readWeights(): Promise<Map<string, NamedNumbers>>;
  /** What a step is made of, in words. */
  describe(): string;
  /** Gives all memory back. */
  destroy(): void;
}
