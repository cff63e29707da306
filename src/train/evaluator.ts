import type { BatchOf, BatchTypes, Pass } from "../engine/index.ts";
import { type Gpu, read } from "../gpu/index.ts";
import type { Optimizer } from "../optim/index.ts";
import type { Evaluation, Found } from "./trainer.ts";

/** Something computed of a model over the weights of a training. Made by `Training.evaluator`. */
export class Evaluator<Types extends BatchTypes> implements Evaluation<Types> {
  readonly #gpu: Gpu;
  readonly #pass: Pass;
  readonly #optimizer: Optimizer;

  constructor(gpu: Gpu, pass: Pass, optimizer: Optimizer) {
    this.#gpu = gpu;
    this.#pass = pass;
    this.#optimizer = optimizer;
  }

  /** What it computes of a batch, with the weights after the steps submitted so far. */
  async run(batch: BatchOf<Types>): Promise<Found> {
    const { stream } = this.#gpu;
    const results = Object.entries(this.#pass.results);
    this.#optimizer.eval();
    this.#pass.inputs.write(batch, 0);
    stream.dispatch(...this.#pass.plan.dispatches);
    const reads = results.map(async ([name, { slice, isIndex }]) => {
      const bytes = await read(this.#gpu, slice);
      return [name, isIndex ? new Uint32Array(bytes) : new Float32Array(bytes)] as const;
    });
    this.#optimizer.train();
    return Object.fromEntries(await Promise.all(reads));
  }

  destroy(): void {
    this.#pass.destroy();
  }
}
