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
  type ParameterTree,
  randomBits,
} from "../engine/index.ts";
import { UsageError } from "../gpu/index.ts";
import { differentiate, elementsOf, type OperationOf, type Tensor, trace } from "../graph/index.ts";
import { exemptByDefault, HyperparameterError, type ParamGroupInput, type UpdateRule } from "../optim/index.ts";
import * as reference from "../reference/index.ts";
import { execute, float32, type Numbers } from "../reference/index.ts";
import { type CompileOptions, keyStream, outputsOf } from "./compileOptions.ts";
import { meansOf, type StepListener } from "./metrics.ts";
import type { Evaluation, Found, Trainer } from "./trainer.ts";

/** A parameter as the reference's rules take it. */
interface CpuTensor {
  readonly param: Float32Array<ArrayBuffer>;
  grad: Float32Array;
  readonly shape: readonly number[];
  readonly [state: string]: unknown;
}

interface Member {
  readonly tensor: CpuTensor;
  readonly rule: UpdateRule;
  readonly isExempt: boolean;
}

type Update = (
  tensor: CpuTensor,
  hyper: object,
  t: number,
  round: typeof float32,
  profile: UpdateRule["profile"],
) => void;

/** The reference functions by the names of their rules. */
const updates = reference as unknown as Readonly<Record<string, Update | undefined>>;

/**
 * A training by the CPU reference, in float32: for small models where there is no WebGPU. Slow; with the same seed and
 * batches it takes the same steps as the GPU, within rounding.
 */
export class CpuTraining<M extends { readonly parameters: ParameterTree }, Types extends BatchTypes>
  implements Trainer<M, Types>
{
  readonly #options: CompileOptions<M, Types>;
  readonly #leaves: ReadonlyMap<string, Tensor>;
  readonly #numbers = new Map<Tensor, Float32Array<ArrayBuffer>>();
  readonly #members: readonly Member[];
  readonly #inputs: Readonly<Record<string, Tensor>>;
  readonly #named: Outputs;
  readonly #gradients: readonly Tensor[];
  readonly #updates: ReadonlyMap<Tensor, Tensor>;
  readonly #listeners = new Set<StepListener>();
  /** Of each metric, over the steps that nobody was told of. */
  readonly #sums = new Map<string, number>();
  #told = 0;
  #steps = 0;

  /** @throws as `compile` does; UsageError for what only the GPU can do. */
  constructor(options: CompileOptions<M, Types>) {
    const { model, batch, groups, seed = 0 } = options;
    if (options.options || options.copies) {
      const what = options.copies ? "copies" : "options";
      throw new UsageError(`compile: the CPU trains without ${what} (got some). Leave them out, or open a GPU.`);
    }
    this.#options = options;
    if (options.onStep) this.listen(options.onStep);
    this.#leaves = namedParameters(model);
    for (const [stream, leaf] of [...this.#leaves.values()].entries()) {
      this.#numbers.set(leaf, initialNumbers(leaf, seed, stream));
    }
    for (const leaf of namedStates(model).values()) this.#numbers.set(leaf, initialNumbers(leaf, seed, 0));
    this.#members = this.#membersOf(groups);
    this.#inputs = leavesOf(batch);
    const traced = trace(true, () => {
      const named = outputsOf(options, this.#inputs as LeavesOf<Types>);
      return { named, gradients: differentiate(named.loss as Tensor, [...this.#leaves.values()]) };
    });
    this.#named = traced.result.named;
    this.#gradients = traced.result.gradients;
    this.#updates = traced.updates;
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
    const { seed = 0 } = this.#options;
    const names = Object.keys(this.#named);
    const changes = [...this.#updates];
    const wanted = [...Object.values(this.#named), ...changes.map(([, value]) => value), ...this.#gradients];
    const key = randomBits(seed, keyStream, this.#steps);
    const results = execute(wanted, (leaf) => this.#leaf(leaf, this.#inputs, batch, key), float32);
    this.#steps += 1;
    for (const [i, [state]] of changes.entries()) {
      this.#numbers.set(state, Float32Array.from(results[names.length + i] as Numbers));
    }
    const gradients = results.slice(names.length + changes.length) as Float32Array[];
    for (const [i, { tensor, rule, isExempt }] of this.#members.entries()) {
      tensor.grad = gradients[i] as Float32Array;
      const hyper = { ...rule.hyperAt(this.#steps), ...(isExempt && { weightDecay: 0 }) };
      (updates[rule.name] as Update)(tensor, hyper, this.#steps, float32, rule.profile);
    }
    for (const [i, name] of names.entries()) {
      this.#sums.set(name, Math.fround((this.#sums.get(name) ?? 0) + ((results[i] as Numbers)[0] as number)));
    }
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
    const names = Object.keys(result);
    return {
      run: async (numbers): Promise<Found> => {
        const found = execute(Object.values(result), (leaf) => this.#leaf(leaf, inputs, numbers, 0), float32);
        return Object.fromEntries(names.map((name, i) => [name, found[i] as Float32Array | Uint32Array]));
      },
    };
  }

  async readWeights(): Promise<Map<string, NamedNumbers>> {
    const all = [...this.#leaves, ...namedStates(this.#options.model)];
    return new Map(
      all.map(([name, leaf]) => [name, { shape: leaf.shape, data: Float32Array.from(this.#numbers.get(leaf) ?? []) }]),
    );
  }

  describe(): string {
    const elements = [...this.#leaves.values()].reduce((sum, { shape }) => sum + elementsOf(shape), 0);
    return `${elements.toLocaleString("en")} parameters, on the CPU, since there is no WebGPU: slow, and the same numbers.`;
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

  #leaf(leaf: Tensor, inputs: Readonly<Record<string, Tensor>>, batch: object, key: number): Numbers {
    const { operation } = leaf.node;
    if (operation.op === "key") return Uint32Array.of(key);
    const known = this.#numbers.get(leaf);
    if (known) return known;
    const name = Object.keys(inputs).find((each) => inputs[each] === leaf);
    const given = name === undefined ? undefined : (batch as Record<string, ArrayLike<number>>)[name];
    if (!given) throw new RangeError(`batch: "${name ?? operation.op}" is missing. Fill it whole.`);
    return leaf.dtype === "uint32" ? Uint32Array.from(given) : Float32Array.from(given);
  }

  #membersOf(groups: CompileOptions<M, Types>["groups"]): Member[] {
    const { optimizer } = this.#options;
    const tensors = [...this.#leaves].map(([name, { shape, node }]) => {
      return { name, copy: 0, shape, role: (node.operation as OperationOf<"parameter">).role };
    });
    const inputs: readonly ParamGroupInput[] = groups?.(tensors as never) ?? [{ tensors: tensors as never }];
    const found = new Map<string, Member>();
    for (const { tensors: own, rule = optimizer, hyper = {}, exempt = exemptByDefault } of inputs) {
      const mine = rule.with(hyper);
      if (!updates[mine.name]) {
        throw new HyperparameterError(`${mine.name}: the CPU does not have this rule. Choose another, or open a GPU.`);
      }
      for (const each of own)
        found.set(each.name, { tensor: this.#tensor(each.name, mine), rule: mine, isExempt: exempt(each) });
    }
    return [...this.#leaves.keys()].map((name) => {
      const member = found.get(name);
      if (!member) throw new UsageError(`compile: no param group has "${name}". Put every tensor in one.`);
      return member;
    });
  }

  #tensor(name: string, rule: UpdateRule): CpuTensor {
    const leaf = this.#leaves.get(name) as Tensor;
    const param = this.#numbers.get(leaf) as Float32Array<ArrayBuffer>;
    const { state } = rule.variant((each) => rule.uses(each));
    const states = Object.fromEntries(state.map((each) => [each, new Float32Array(param.length)]));
    return { ...states, param, grad: param, shape: leaf.shape };
  }
}
