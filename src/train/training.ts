import {
  type BatchOf,
  type BatchTypes,
  evaluationPass,
  type LeavesOf,
  type NamedNumbers,
  type Outputs,
  type ParameterTree,
  type Pass,
  randomBits,
  trainingPass,
  Weights,
} from "../engine/index.ts";
import { type Gpu, UsageError } from "../gpu/index.ts";
import type { Tensor } from "../graph/index.ts";
import {
  createOptimizer,
  type Optimizer,
  type OptimizerOptions,
  type ParamGroupInput,
  type UpdateRule,
} from "../optim/index.ts";
import { Evaluator } from "./evaluator.ts";
import { MetricReadback, type StepMetrics } from "./metrics.ts";

/** The random stream of the steps' keys; those of the parameters count from 0. */
export const keyStream = 0xffff_0000;
/** Steps on their way to the GPU at once: enough to keep it busy, few enough to stop at once. */
const stepsUnderway = 3;

export interface CompileOptions<M extends { readonly parameters: ParameterTree }, Types extends BatchTypes> {
  /** A function of tensors with its parameters: see `layers` and `model`. */
  readonly model: M;
  /** The loss of a batch, or `{ loss, … }` with other numbers to be told of. Called once, with tensors that have no numbers. */
  readonly loss: (model: M, batch: LeavesOf<Types>) => Tensor | ({ readonly loss: Tensor } & Outputs);
  /** The types of a batch's parts: `{ x: f32(128, 784), y: u32(128) }`. */
  readonly batch: Types;
  readonly optimizer: UpdateRule;
  /** Param groups over the model's tensors; one of all of them by default. */
  readonly groups?: (tensors: Weights["tensors"]) => readonly ParamGroupInput[];
  /** Clipping, accumulation, averages and so on. */
  readonly options?: OptimizerOptions;
  /** Of the initial weights and of dropout, a whole number below 2^32; 0 by default. The same seed, the same bits. */
  readonly seed?: number;
  /** Told of each step, some steps late. */
  readonly onStep?: (metrics: StepMetrics) => void;
}

/** A model, its loss and its optimizer, prepared: a step is one submit, and creates and reads nothing. See `compile`. */
export class Training<M extends { readonly parameters: ParameterTree }, Types extends BatchTypes> {
  readonly weights: Weights;
  readonly optimizer: Optimizer;
  readonly #gpu: Gpu;
  readonly #model: M;
  readonly #pass: Pass;
  readonly #metrics: MetricReadback;
  readonly #seed: number;
  readonly #microBatches: number;
  readonly #evaluators: Evaluator<BatchTypes>[] = [];
  readonly #listeners = new Set<(metrics: StepMetrics) => void>();
  #batches = 0;
  #counts = { dispatches: 0, submits: 0, writes: 0 };

  constructor(gpu: Gpu, options: CompileOptions<M, Types>, weights: Weights, optimizer: Optimizer, pass: Pass) {
    this.#gpu = gpu;
    this.#model = options.model;
    this.weights = weights;
    this.optimizer = optimizer;
    this.#pass = pass;
    this.#seed = options.seed ?? 0;
    this.#microBatches = options.options?.gradients?.microBatches ?? 1;
    if (options.onStep) this.listen(options.onStep);
    this.#metrics = new MetricReadback(gpu, pass.results, stepsUnderway, (metrics) => {
      for (const listener of this.#listeners) listener(metrics);
    });
  }

  /** Batches submitted so far. */
  get batchCount(): number {
    return this.#batches;
  }

  /** Updates submitted so far. */
  get stepCount(): number {
    return Math.floor(this.#batches / this.#microBatches);
  }

  /** What the last step took. */
  get counts(): { readonly dispatches: number; readonly submits: number; readonly writes: number } {
    return this.#counts;
  }

  /**
   * One batch in one submit: forward, loss and backward, and the update, with micro-batches at the last of them. Done when
   * there is room for another step: await it, or steps pile up and only some are told of.
   * @throws RangeError for a batch that does not fit; HyperparameterError, NonFiniteGradientError and DeviceLostError. Nothing
   * is written then.
   */
  async step(batch: BatchOf<Types>): Promise<void> {
    const { stream } = this.#gpu;
    const { dispatches, submits, writes } = stream.counts;
    const isLast = (this.#batches + 1) % this.#microBatches === 0;
    // What is encoded goes out with the next submit, so what would stop the update has to be found before.
    if (isLast) for (const group of this.optimizer.paramGroups) group.hyperAt(this.optimizer.stepCount + 1);
    this.#pass.inputs.write(batch, randomBits(this.#seed, keyStream, this.#batches));
    stream.dispatch(...this.#pass.plan.dispatches);
    if (isLast) this.optimizer.encode();
    this.#batches += 1;
    this.#metrics.capture(this.#batches);
    stream.submit();
    this.#counts = {
      dispatches: stream.counts.dispatches - dispatches,
      submits: stream.counts.submits - submits,
      writes: stream.counts.writes - writes,
    };
    await this.#metrics.fewerThan(stepsUnderway);
  }

  /** Has a function told of each step, some steps late, until what this gives is called. */
  listen(onStep: (metrics: StepMetrics) => void): () => void {
    const listener = (metrics: StepMetrics): void => onStep(metrics);
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Resolves when every step so far is done and told of. */
  async settled(): Promise<void> {
    await this.#metrics.fewerThan(1);
  }

  /**
   * A way to compute something of the model in evaluation (without dropout, with running statistics), over the same weights:
   * made once, run as often as wanted. It sees the weights that the optimizer evaluates with.
   */
  async evaluator<Other extends BatchTypes>(
    batch: Other,
    outputs: (model: M, batch: LeavesOf<Other>) => Outputs,
  ): Promise<Evaluator<Other>> {
    const pass = await evaluationPass(this.#gpu, this.weights, batch, (leaves) => outputs(this.#model, leaves));
    const evaluator = new Evaluator<Other>(this.#gpu, pass, this.optimizer);
    this.#evaluators.push(evaluator);
    return evaluator;
  }

  /**
   * The weights that the optimizer evaluates with, after the steps submitted so far, by name. Steps may be taken before they
   * are there.
   */
  readWeights(): Promise<Map<string, NamedNumbers>> {
    this.optimizer.eval();
    try {
      return this.weights.read();
    } finally {
      this.optimizer.train();
    }
  }

  /** What a step is made of: kernels and memory, and how the weights decay. */
  describe(): string {
    const { plan } = this.#pass;
    const kernels = [...plan.kernels].map(([label, count]) => `  ${count} × ${label}`);
    const size = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(2)} MiB`;
    return [
      `${this.weights.elements.toLocaleString("en")} parameters, ${plan.dispatches.length + this.optimizer.dispatchCount} dispatches a step:`,
      ...kernels,
      `  ${this.optimizer.dispatchCount} × the update`,
      `weights and gradients ${size(this.weights.bytes)}, activations ${size(plan.memory.bytes)} in ${plan.memory.buffers} buffers`,
      this.optimizer.describe(),
    ].join("\n");
  }

  /** Gives all GPU memory back. */
  destroy(): void {
    for (const owner of [...this.#evaluators, this.#pass, this.optimizer, this.weights, this.#metrics]) owner.destroy();
  }
}

/**
 * Prepares the training of a model: its weights, the step with its gradients, and the optimizer. Everything that a step
 * needs is made here.
 * @throws GraphError, by rejection, where the model does not fit together, naming the line; HyperparameterError; LimitError
 * and OutOfMemoryError where the device cannot hold it.
 */
export async function compile<M extends { readonly parameters: ParameterTree }, Types extends BatchTypes>(
  gpu: Gpu,
  options: CompileOptions<M, Types>,
): Promise<Training<M, Types>> {
  const { model, loss, batch, optimizer: rule, groups, seed = 0 } = options;
  gpu.check();
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffff_ffff) {
    throw new UsageError(`seed: not a whole number in range (got ${seed}, allowed 0 to 4294967295). Pass one.`);
  }
  const weights = new Weights(gpu, model, seed);
  const owners: { destroy(): void }[] = [weights];
  try {
    const accumulates = (options.options?.gradients?.microBatches ?? 1) > 1;
    const settings = accumulates
      ? { ...options.options, gradients: { ...options.options?.gradients, zero: true } }
      : options.options;
    const optimizer = await createOptimizer(gpu, rule, groups?.(weights.tensors) ?? weights.tensors, settings);
    owners.push(optimizer);
    const outputs = (leaves: LeavesOf<Types>) => {
      const result = loss(model, leaves);
      return "node" in result ? { loss: result as Tensor } : result;
    };
    const pass = await trainingPass(gpu, weights, { batch, outputs, lossScale: optimizer.lossScale, accumulates });
    owners.push(pass);
    await gpu.idle();
    return new Training(gpu, options, weights, optimizer, pass);
  } catch (error) {
    for (const owner of owners) owner.destroy();
    throw error;
  }
}
