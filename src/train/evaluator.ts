import type { BatchOf, BatchTypes, Pass } from "../engine/index.ts";
import { type Gpu, ReadbackRing, read } from "../gpu/index.ts";
import type { Optimizer } from "../optim/index.ts";
import { Pace } from "./pace.ts";
import type { Evaluation, Found } from "./trainer.ts";

/** Something computed of a model over the weights of a training. Made by `Training.evaluator`. */
export class Evaluator<Types extends BatchTypes> implements Evaluation<Types> {
  readonly #gpu: Gpu;
  readonly #pass: Pass;
  readonly #optimizer: Optimizer;
  readonly #rings: ReadonlyMap<string, ReadbackRing>;
  readonly #pace: Pace;
  #runs = 0;

  /** `budget` is how many milliseconds of GPU time a submit should take at most. */
  constructor(gpu: Gpu, pass: Pass, optimizer: Optimizer, budget: number) {
    this.#gpu = gpu;
    this.#pass = pass;
    this.#optimizer = optimizer;
    this.#pace = new Pace(budget);
    this.#rings = new Map(
      Object.entries(pass.results).map(([name, { slice }]) => [name, new ReadbackRing(gpu, slice.size)]),
    );
  }

  /** What it computes of a batch, with the weights after the steps submitted so far. Creates nothing. */
  async run(batch: BatchOf<Types>): Promise<Found> {
    const { stream } = this.#gpu;
    const run = this.#runs++;
    this.#optimizer.eval();
    this.#pass.inputs.write(batch, 0);
    this.#pace.encode(stream, this.#pass.plan.dispatches);
    const reads = Object.entries(this.#pass.results).map(async ([name, { slice, isIndex }]) => {
      // Whoever has more runs on their way than there are slots waits for buffers of his own.
      const bytes = await (this.#rings.get(name)?.capture(slice) ?? read(this.#gpu, slice));
      return [name, isIndex ? new Uint32Array(bytes) : new Float32Array(bytes)] as const;
    });
    stream.submit();
    this.#pace.begin(run, performance.now());
    this.#optimizer.train();
    const found = Object.fromEntries(await Promise.all(reads));
    this.#pace.end(run, performance.now());
    return found;
  }

  destroy(): void {
    this.#pass.destroy();
    for (const ring of this.#rings.values()) ring.destroy();
  }
}
