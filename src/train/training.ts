import {
  type BatchOf,
  type BatchTypes,
  evaluationPass,
  type LeavesOf,
  type MatmulTable,
  type NamedNumbers,
  type Outputs,
  type ParameterTree,
  randomBits,
  type TrainingPass,
  trainingPass,
  Weights,
} from "../engine/index.ts";
import type { Gpu } from "../gpu/index.ts";
import { createOptimizer, type Optimizer } from "../optim/index.ts";
import { type CompileOptions, checkOptions, keyStream, outputsOf } from "./compileOptions.ts";
import { CpuTraining } from "./cpuTraining.ts";
import { Evaluator } from "./evaluator.ts";
import { MetricReadback, type StepListener } from "./metrics.ts";
import { Pace, submitBudget } from "./pace.ts";
import type { Trainer } from "./trainer.ts";

/** Steps on their way to the GPU at once: enough to keep it busy, few enough to stop at once. */
const stepsUnderway = 3;

/** A model, its loss and its optimizer, prepared: a step is one submit, and creates and reads nothing. See `compile`. */
export class Training<M extends { readonly parameters: ParameterTree }, Types extends BatchTypes>
  implements Trainer<M, Types>
{
  readonly weights: Weights;
  readonly optimizer: Optimizer;
  readonly #gpu: Gpu;
  readonly #model: M;
  readonly #pass: TrainingPass;
  readonly #metrics: MetricReadback;
  readonly #budget: number;
  readonly #pace: Pace;
  readonly #matmulTable: MatmulTable | undefined;
  readonly #microBatches: number;
  readonly #evaluators: Evaluator<BatchTypes>[] = [];
  readonly #listeners = new Set<StepListener>();
  #batches = 0;
  #counts = { dispatches: 0, submits: 0, writes: 0 };

  constructor(gpu: Gpu, options: CompileOptions<M, Types>, weights: Weights, optimizer: Optimizer, pass: TrainingPass) {
    this.#gpu = gpu;
    this.#model = options.model;
    this.weights = weights;
    this.optimizer = optimizer;
    this.#pass = pass;
    this.#matmulTable = options.matmulTable;
    this.#microBatches = options.options?.gradients?.microBatches ?? 1;
    this.#budget = options.submitBudget ?? (gpu.adapter.isSoftware ? Number.POSITIVE_INFINITY : submitBudget);
    this.#pace = new Pace(this.#budget);
    if (options.onStep) this.listen(options.onStep);
    this.#metrics = new MetricReadback(gpu, pass, {
      every: options.metricsEvery ?? 1,
      most: stepsUnderway,
      onDone: (step) => this.#pace.end(step, performance.now()),
      onStep: (...told) => {
        for (const listener of this.#listeners) listener(...told);
      },
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
   * One batch in one submit, or a few where that would keep the GPU for too long: forward, loss and backward, and the update,
   * with micro-batches at the last of them. Done when there is room for another step: await it, or steps pile up and only
   * some are told of.
   * @throws RangeError for a batch that does not fit; HyperparameterError, NonFiniteGradientError and DeviceLostError. Nothing
   * is written then.
   */
  async step(batch: BatchOf<Types>): Promise<void> {
    const { stream } = this.#gpu;
    const { dispatches, submits, writes } = stream.counts;
    const isLast = (this.#batches + 1) % this.#microBatches === 0;
    // What is encoded goes out with the next submit, so what would stop the update has to be found before.
    if (isLast) for (const group of this.optimizer.paramGroups) group.hyperAt(this.optimizer.stepCount + 1);
    this.#pass.inputs.write(batch, ...this.weights.seeds.map((seed) => randomBits(seed, keyStream, this.#batches)));
    this.#pace.encode(stream, this.#pass.plan.dispatches);
    if (isLast) this.optimizer.encode();
    this.#batches += 1;
    this.#metrics.encode(this.#batches);
    stream.submit();
    this.#pace.begin(this.#batches, performance.now());
    this.#counts = {
      dispatches: stream.counts.dispatches - dispatches,
      submits: stream.counts.submits - submits,
      writes: stream.counts.writes - writes,
    };
    await this.#metrics.fewerThan(stepsUnderway);
  }

  /** Has a function told of steps, in order and some late, until what this gives is called. */
  listen(onStep: StepListener): () => void {
    const listener: StepListener = (...told) => onStep(...told);
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Resolves when every step so far is done and told of. */
  async settled(): Promise<void> {
    await this.#metrics.settled(this.#batches);
  }

  /**
   * A way to compute something of the model in evaluation (without dropout, with running statistics), over the same weights:
   * made once, run as often as wanted. It sees the weights that the optimizer evaluates with.
   */
  async evaluator<Other extends BatchTypes>(
    batch: Other,
    outputs: (model: M, batch: LeavesOf<Other>) => Outputs,
  ): Promise<Evaluator<Other>> {
    const pass = await evaluationPass(
      this.#gpu,
      this.weights,
      batch,
      (leaves) => outputs(this.#model, leaves),
      this.#matmulTable,
    );
    const evaluator = new Evaluator<Other>(this.#gpu, pass, this.optimizer, this.#budget);
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

  /** Bytes on the GPU; `states` are the optimizer's, `statistics` the model's own. They stay the same from step to step. */
  get memory(): Record<"parameters" | "gradients" | "statistics" | "states" | "activations", number> {
    const { states: statistics, ...weights } = this.weights.bytes;
    const activations = this.#pass.plan.memory.bytes;
    return { ...weights, statistics, states: this.optimizer.stateBytes, activations };
  }

  /** Launches of a step that a GPU can run side by side count as one of these; the update is the last. */
  get waves(): number {
    return this.#pass.plan.waves + this.optimizer.dispatchCount;
  }

  /** What a step is made of: its kernels, their memory, and how the weights decay. */
  describe(): string {
    const { plan } = this.#pass;
    const updates = this.optimizer.dispatchCount;
    const kernels = [...plan.kernels].map(([label, count]) => `  ${count} × ${label}`);
    const size = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(2)} MiB`;
    const sizes = Object.entries(this.memory).filter(([, bytes]) => bytes > 0);
    const all = sizes.reduce((sum, [, bytes]) => sum + bytes, 0);
    const { buffers, liveBytes } = plan.memory;
    return [
      `${this.weights.elements.toLocaleString("en")} parameters; ${plan.nodes} nodes in ${plan.dispatches.length + updates} dispatches a step:`,
      ...kernels,
      `  ${updates} × the update`,
      `${this.waves} waves, each of launches that can run side by side`,
      `${size(all)}: ${sizes.map(([name, bytes]) => `${name} ${size(bytes)}`).join(", ")}`,
      `  activations in ${buffers} buffers, at most ${size(liveBytes)} of them needed at one time`,
      `  peak of all buffers on this GPU so far: ${size(this.#gpu.pool.stats.peakBytes)}`,
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
 * needs is made here. On "cpu", where there is no WebGPU, the reference trains, slowly.
 * @throws GraphError, by rejection, where the model does not fit together, naming the line; HyperparameterError; LimitError
 * and OutOfMemoryError where the device cannot hold it; UsageError for what the CPU cannot do.
 */
export function compile<M extends { readonly parameters: ParameterTree }, Types extends BatchTypes>(
  gpu: Gpu,
  options: CompileOptions<M, Types>,
): Promise<Training<M, Types>>;
export function compile<M extends { readonly parameters: ParameterTree }, Types extends BatchTypes>(
  gpu: Gpu | "cpu",
  options: CompileOptions<M, Types>,
): Promise<Trainer<M, Types>>;
export async function compile<M extends { readonly parameters: ParameterTree }, Types extends BatchTypes>(
  gpu: Gpu | "cpu",
  options: CompileOptions<M, Types>,
): Promise<Trainer<M, Types>> {
  checkOptions(options);
  if (gpu === "cpu") return new CpuTraining(options);
  gpu.check();
  const { model, batch, optimizer: rule, groups, seed = 0, copies, storage, matmulTable } = options;
  const weights = new Weights(gpu, model, { seed, copies, storage });
  const owners: { destroy(): void }[] = [weights];
  try {
    const { gradients } = options.options ?? {};
    const accumulates = (gradients?.microBatches ?? 1) > 1;
    const settings = accumulates ? { ...options.options, gradients: { ...gradients, zero: true } } : options.options;
    const optimizer = await createOptimizer(gpu, rule, groups?.(weights.tensors) ?? weights.tensors, settings);
    owners.push(optimizer);
    const outputs = (leaves: LeavesOf<Types>) => outputsOf(options, leaves);
    const pass = await trainingPass(gpu, weights, {
      batch,
      outputs,
      lossScale: optimizer.lossScale,
      accumulates,
      sumsMetrics: (options.metricsEvery ?? 1) > 1,
      matmulTable,
    });
    owners.push(pass);
    await gpu.idle();
    return new Training(gpu, options, weights, optimizer, pass);
  } catch (error) {
    for (const owner of owners) owner.destroy();
    throw error;
  }
}
