import {
  type BatchOf,
  type BatchTypes,
  initialNumbers,
  type LeavesOf,
  leavesOf,
  type NamedNumbers,
  namedParameters,
  namedStates,
  type Outputs,
  type ParameterSlices,
  type ParameterTree,
  randomBits,
} from "../engine/index.ts";
import { checkNumber, strange } from "../engine/passes.ts";
import { UsageError } from "../gpu/index.ts";
import { collect, differentiate, elementsOf, type OperationOf, type Tensor, trace } from "../graph/index.ts";
import { execute, float32, type Numbers } from "../reference/index.ts";
import { type CompileOptions, keyStream, outputsOf } from "./compileOptions.ts";
import { CpuOptimizer } from "./cpuOptimizer.ts";
import { meansOf, type StepListener } from "./metrics.ts";
import type { Evaluation, Found, Trainer } from "./trainer.ts";

type Floats = Float32Array<ArrayBuffer>;

/**
 * A training by the CPU reference, in float32: for small models where there is no WebGPU. Slow; with the same seed and
 * batches it takes the same steps as the GPU, within rounding. It takes no copies, no parameters in half precision and no
 * clipping, loss scales or micro-batches.
 */
export class CpuTraining<M extends { readonly parameters: ParameterTree }, Types extends BatchTypes>
  implements Trainer<M, Types>
{
  readonly #options: CompileOptions<M, Types>;
  readonly #leaves: ReadonlyMap<string, Tensor>;
  /** Of the parameters and the states. */
  readonly #numbers = new Map<Tensor, Floats>();
  readonly #optimizer: CpuOptimizer;
  readonly #inputs: Readonly<Record<string, Tensor>>;
  readonly #named: Outputs;
  readonly #gradients: readonly Tensor[];
  readonly #updates: ReadonlyMap<Tensor, Tensor>;
  readonly #listeners = new Set<StepListener>();
  /** Of each metric, over the steps that nobody was told of. */
  readonly #sums = new Map<string, number>();
  #told = 0;
  #steps = 0;

  /** @throws as `compile` does on a GPU, and UsageError for what only one can do. */
  constructor(options: CompileOptions<M, Types>) {
    requireSupport(options);
    const { model, batch, optimizer, groups, seed = 0 } = options;
    this.#options = options;
    if (options.onStep) this.listen(options.onStep);
    this.#leaves = namedParameters(model);
    for (const [stream, leaf] of [...this.#leaves.values()].entries()) {
      this.#numbers.set(leaf, initialNumbers(leaf, seed, stream));
    }
    for (const leaf of namedStates(model).values()) this.#numbers.set(leaf, initialNumbers(leaf, seed, 0));
    const tensors = [...this.#leaves].map(([name, leaf]) => ({ name, copy: 0, dtype: "float32", ...factsOf(leaf) }));
    // Where a parameter is on a GPU is all that they lack.
    const parameters = tensors as unknown as readonly ParameterSlices[];
    const trained = [...this.#leaves].map(([name, leaf]) => [name, { leaf, param: this.#numbersOf(leaf) }] as const);
    this.#optimizer = new CpuOptimizer(
      new Map(trained),
      optimizer,
      groups?.(parameters) ?? [{ tensors: parameters }],
      options.options ?? {},
    );
    this.#inputs = leavesOf(batch);
    const traced = trace(true, () => {
      const named = outputsOf(options, this.#inputs as LeavesOf<Types>);
      return { named, gradients: differentiate(named.loss as Tensor, [...this.#leaves.values()]) };
    });
    this.#named = traced.result.named;
    this.#gradients = traced.result.gradients;
    this.#updates = traced.updates;
    for (const [name, tensor] of Object.entries(this.#named)) checkNumber(name, tensor);
    this.#checkLeaves([...Object.values(this.#named), ...this.#updates.values()], this.#inputs);
  }

  get stepCount(): number {
    return this.#steps;
  }

  get batchCount(): number {
    return this.#steps;
  }

  listen(onStep: StepListener): () => void {
    const listener: StepListener = (...told) => onStep(...told);
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async step(batch: BatchOf<Types>): Promise<void> {
    this.#optimizer.check();
    const { seed = 0 } = this.#options;
    const names = Object.keys(this.#named);
    const changes = [...this.#updates];
    const wanted = [...Object.values(this.#named), ...changes.map(([, value]) => value), ...this.#gradients];
    const key = randomBits(seed, keyStream, this.#steps);
    const results = execute(wanted, (leaf) => this.#leaf(leaf, this.#inputs, batch, key), float32);
    this.#steps += 1;
    for (const [i, name] of names.entries()) {
      this.#sums.set(name, Math.fround((this.#sums.get(name) ?? 0) + ((results[i] as Numbers)[0] as number)));
    }
    for (const [i, [state]] of changes.entries()) {
      this.#numbers.set(state, Float32Array.from(results[names.length + i] as Numbers));
    }
    // Copies: the gradient of one parameter may be the numbers of another, which the update changes.
    const gradients = results.slice(names.length + changes.length).map((gradient) => Float32Array.from(gradient));
    const leaves = [...this.#leaves.values()];
    this.#optimizer.step(new Map(leaves.map((leaf, i) => [leaf, gradients[i] as Floats])));
    if (this.#steps - this.#told >= (this.#options.metricsEvery ?? 1)) this.#tell();
  }

  async settled(): Promise<void> {
    if (this.#steps > this.#told) this.#tell();
  }

  async evaluator<Other extends BatchTypes>(
    batch: Other,
    outputs: (model: M, batch: LeavesOf<Other>) => Outputs,
  ): Promise<Evaluation<Other>> {
    const inputs = leavesOf(batch);
    const { result } = trace(false, () => outputs(this.#options.model, inputs));
    this.#checkLeaves(Object.values(result), inputs);
    const names = Object.keys(result);
    return {
      run: async (numbers): Promise<Found> => {
        const leaf = this.#evaluatedLeaf(inputs, numbers);
        const found = execute(Object.values(result), leaf, float32);
        // Copies: what is asked for may be a parameter, which the next step changes.
        return Object.fromEntries(names.map((name, i) => [name, copyOf(found[i] as Numbers)]));
      },
    };
  }

  async readWeights(): Promise<Map<string, NamedNumbers>> {
    const all = [...this.#leaves, ...namedStates(this.#options.model)];
    return new Map(
      all.map(([name, leaf]) => {
        const data = this.#optimizer.evaluated(leaf) ?? this.#numbersOf(leaf);
        return [name, { shape: leaf.shape, data: data.slice() }];
      }),
    );
  }

  describe(): string {
    const elements = [...this.#leaves.values()].reduce((sum, { shape }) => sum + elementsOf(shape), 0);
    return `${elements.toLocaleString("en")} parameters; the CPU reference trains them, in float32: slowly, with the steps that a GPU takes, within rounding.`;
  }

  destroy(): void {}

  /** Tells of the steps since it did last. */
  #tell(): void {
    const steps = this.#steps - this.#told;
    const metrics = [...this.#sums].map(([name, sum]) => [name, Float32Array.of(sum / steps)] as const);
    this.#sums.clear();
    this.#told = this.#steps;
    for (const listener of this.#listeners) listener(meansOf(this.#steps, metrics), Object.fromEntries(metrics));
  }

  /** @throws RangeError naming a leaf that is neither the model's nor the batch's. */
  #checkLeaves(tensors: readonly Tensor[], inputs: Readonly<Record<string, Tensor>>): void {
    const known = new Set([...this.#numbers.keys(), ...Object.values(inputs)].map(({ node }) => node));
    for (const node of collect(tensors).nodes) {
      const { op } = node.operation;
      const isGiven = node.inputs.length > 0 || op === "key" || op === "constant" || known.has(node);
      if (!isGiven) throw new RangeError(strange(node.outputs[0] as Tensor));
    }
  }

  #leaf(leaf: Tensor, inputs: Readonly<Record<string, Tensor>>, batch: object, key: number): Numbers {
    if (leaf.node.operation.op === "key") return Uint32Array.of(key);
    const known = this.#numbers.get(leaf);
    if (known) return known;
    const name = Object.keys(inputs).find((each) => inputs[each] === leaf) ?? "";
    const given = (batch as Readonly<Record<string, ArrayLike<number>>>)[name];
    const allowed = elementsOf(leaf.shape);
    if (given?.length !== allowed) {
      const words = given ? `got ${given.length} numbers` : "it is missing";
      throw new RangeError(`batch: "${name}" does not fit (${words}, allowed ${allowed}). Fill it whole.`);
    }
    return leaf.dtype === "uint32" ? Uint32Array.from(given) : Float32Array.from(given);
  }

  /** The same in evaluation, with the weights that the optimizer evaluates with. */
  #evaluatedLeaf(inputs: Readonly<Record<string, Tensor>>, batch: object): (leaf: Tensor) => Numbers {
    return (leaf) => this.#optimizer.evaluated(leaf) ?? this.#leaf(leaf, inputs, batch, 0);
  }

  #numbersOf(leaf: Tensor): Floats {
    return this.#numbers.get(leaf) as Floats;
  }
}

const factsOf = ({ shape, node }: Tensor) => ({ shape, role: (node.operation as OperationOf<"parameter">).role });

const copyOf = (numbers: Numbers): Float32Array | Uint32Array =>
  numbers instanceof Uint32Array ? numbers.slice() : Float32Array.from(numbers);

/** @throws UsageError naming what only the GPU can do. */
function requireSupport<M extends { readonly parameters: ParameterTree }, Types extends BatchTypes>({
  model,
  copies,
  storage,
  options: { gradients = {} } = {},
}: CompileOptions<M, Types>): void {
  const refuse = (what: string, got: string | number): never => {
    throw new UsageError(`${what}: the CPU reference trains without (got ${got}). Leave it out, or train on a GPU.`);
  };
  if (copies) refuse("copies", copies.count);
  for (const [name, leaf] of namedParameters(model)) {
    const dtype = storage?.({ name, ...factsOf(leaf) }) ?? "float32";
    if (dtype !== "float32") refuse("storage", `${dtype} for "${name}"`);
  }
  const { microBatches, zero, ...others } = gradients;
  for (const [name, value] of Object.entries(others)) {
    if (value !== undefined) refuse(`options.gradients.${name}`, JSON.stringify(value) ?? "a function");
  }
  if (microBatches !== undefined && microBatches !== 1) refuse("options.gradients.microBatches", microBatches);
}
