import { type Dispatch, DisposedError, type Gpu, layoutSlab, Slab, type Slice, UsageError } from "../gpu/index.ts";
import { buildDispatches } from "./build.ts";
import { HyperparameterError } from "./errors.ts";
import { checkRange } from "./hyperparameters.ts";
import { ParamGroup, type ParamGroupInput } from "./paramGroup.ts";
import { type CheckedTensor, checkTensors, type OptimizerTensor } from "./tensors.ts";
import type { UpdateRule } from "./updateRule.ts";

/** One row of the step's scalars: the tensors of a group that decay, or those that do not. */
interface Row {
  readonly paramGroup: ParamGroup;
  readonly exempt: boolean;
}

/**
 * Updates float32 tensors in place on the GPU: all tensors of all groups in one dispatch, where they lie in slabs of
 * their own (one for each pair of buffers otherwise). Made by `createOptimizer`.
 */
export class Optimizer {
  readonly #gpu: Gpu;
  readonly #rows: readonly Row[];
  readonly #states: ReadonlyMap<string, Slab>;
  readonly #dispatches: readonly Dispatch[];
  readonly #scalars: Float32Array<ArrayBuffer>;
  readonly #scalarSlice: Slice;
  readonly #release: () => void;
  #stepCount = 0;
  #encodedAt = -1;
  #destroyed = false;

  constructor(
    gpu: Gpu,
    readonly paramGroups: readonly ParamGroup[],
    rows: readonly Row[],
    states: ReadonlyMap<string, Slab>,
    built: { dispatches: readonly Dispatch[]; scalars: Slice; fields: number; release: () => void },
  ) {
    this.#gpu = gpu;
    this.#rows = rows;
    this.#states = states;
    this.#dispatches = built.dispatches;
    this.#scalars = new Float32Array(rows.length * built.fields);
    this.#scalarSlice = built.scalars;
    this.#release = built.release;
  }

  /** Updates done, or encoded, so far. */
  get stepCount(): number {
    return this.#stepCount;
  }

  /** Dispatches of one update. */
  get dispatchCount(): number {
    return this.#dispatches.length;
  }

  /** Bytes read and written a parameter and step: parameter and states both ways, the gradient one. */
  get bytesPerParameter(): number {
    return 4 * (3 + 2 * this.#states.size);
  }

  /** Names of the state tensors that each parameter has. */
  get stateNames(): readonly string[] {
    return [...this.#states.keys()];
  }

  /** Where a state of a tensor is, such as `state("m", "layers.0.weight")`. */
  state(state: string, tensor: string): Slice {
    const slab = this.#states.get(state);
    if (!slab) throw new RangeError(`optimizer: no state "${state}" (it has ${this.stateNames.join(", ") || "none"}).`);
    return slab.slice(tensor);
  }

  /**
   * Adds one update to the GPU's command stream, which the caller submits. Writes the step's scalars, in one small write.
   * @throws HyperparameterError, before anything is written, where a schedule gives a value that the rule cannot use.
   */
  encode(): void {
    if (this.#destroyed) throw new DisposedError("optimizer: it was destroyed. Create a new one.");
    const { stream } = this.#gpu;
    if (this.#dispatches.length > 0 && this.#encodedAt === stream.counts.submits) {
      throw new UsageError("optimizer: two updates were encoded for one submit. Submit the stream after each.");
    }
    const t = this.#stepCount + 1;
    this.#computeScalars(t);
    stream.write(this.#scalarSlice, this.#scalars);
    stream.dispatch(...this.#dispatches);
    this.#encodedAt = stream.counts.submits;
    this.#stepCount = t;
  }

  /** One update, submitted at once. */
  step(): void {
    this.#gpu.check();
    this.encode();
    this.#gpu.stream.submit();
  }

  /** The groups, what decays in them and by how much, at the next step. */
  describe(): string {
    return this.paramGroups
      .map((group, i) => {
        const title = `paramGroup ${i}: ${group.rule.name}, ${group.rule.profile} profile`;
        return `${title}\n${group.describe(this.#stepCount + 1).replace(/^/gm, "  ")}`;
      })
      .join("\n");
  }

  /** Gives the state back. The parameters and gradients stay: they belong to whoever made them. */
  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    for (const slab of this.#states.values()) slab.destroy();
    this.#release();
  }

  #computeScalars(t: number): void {
    let i = 0;
    for (const { paramGroup, exempt } of this.#rows) {
      const hyper = paramGroup.hyperAt(t);
      const scalars = paramGroup.rule.scalars(exempt ? { ...hyper, weightDecay: 0 } : hyper, t);
      for (const name in scalars)
        this.#scalars[i++] = checkRange(paramGroup.rule.name, name, scalars[name] as number, t);
    }
  }
}

/**
 * Makes an optimizer over tensors, or over groups of tensors with hyperparameters of their own. Biases, norms,
 * embeddings and one-dimensional tensors are exempt from decay unless a group says otherwise; `describe()` shows which.
 * @throws HyperparameterError, ShapeError, AlignmentError, UsageError, AliasError, DuplicateParameterError,
 * WrongDeviceError, DisposedError, BufferMappedError: by rejection, naming the tensor, before anything is written to it.
 */
export async function createOptimizer(
  gpu: Gpu,
  rule: UpdateRule,
  tensors: readonly OptimizerTensor[] | readonly ParamGroupInput[],
): Promise<Optimizer> {
  gpu.check();
  const inputs = paramGroupInputs(tensors);
  const checked = checkTensors(
    inputs.flatMap((input) => input.tensors),
    gpu.limits,
  );
  const rules = inputs.map((input) => rule.with(input.hyper ?? {}));
  requireSameSwitches(rules);
  const has = (name: string): boolean => rules.some((each) => each.uses(name));
  const variant = rule.variant(has);

  let next = 0;
  const paramGroups = inputs.map((input, i) => {
    const own = checked.slice(next, (next += input.tensors.length));
    return new ParamGroup(rules[i] as UpdateRule, own, input.exempt, has);
  });
  const rows = paramGroups.flatMap((paramGroup) => [
    { paramGroup, exempt: false, tensors: paramGroup.decaying },
    { paramGroup, exempt: true, tensors: paramGroup.exempt },
  ]);
  const used = rows.filter((row) => row.tensors.length > 0);

  const layout = layoutSlab(checked, gpu.limits.maxBufferSize);
  const states = new Map(variant.state.map((name) => [name, new Slab(gpu.pool, layout, `optim/${rule.name} ${name}`)]));
  const rowOf = new Map<CheckedTensor, number>(
    used.flatMap((row, i) => row.tensors.map((tensor) => [tensor, i] as const)),
  );
  const placements = checked
    .filter((tensor) => tensor.elements > 0)
    .map((tensor) => ({
      name: tensor.name,
      param: tensor.param,
      grad: tensor.grad,
      states: [...states.values()].map((slab) => slab.slice(tensor.name)),
      elements: tensor.elements,
      row: rowOf.get(tensor) as number,
    }));
  const fields = Object.keys(rule.scalars(rule.hyperAt(1), 1)).length;
  try {
    const built = await buildDispatches(gpu, rule, variant, placements, used.length * fields);
    return new Optimizer(gpu, paramGroups, used, states, { ...built, fields });
  } catch (error) {
    for (const slab of states.values()) slab.destroy();
    throw error;
  }
}

function paramGroupInputs(
  tensors: readonly OptimizerTensor[] | readonly ParamGroupInput[],
): readonly ParamGroupInput[] {
  const inputs =
    tensors[0] && "tensors" in tensors[0]
      ? (tensors as readonly ParamGroupInput[])
      : [{ tensors: tensors as readonly OptimizerTensor[] }];
  if (inputs.some((input) => input.tensors.length > 0)) return inputs;
  throw new UsageError("optimizer: it got no tensors (got 0, allowed 1 or more). Give it one, or a group with one.");
}

function requireSameSwitches(rules: readonly UpdateRule[]): void {
  const [{ name, switches }] = rules as readonly [UpdateRule];
  for (const each of switches) {
    if (new Set(rules.map((rule) => rule.uses(each))).size === 1) continue;
    throw new HyperparameterError(
      `${name}: ${each} must be the same in all groups, got true and false. Use two optimizers.`,
    );
  }
}
