import { type Dispatch, DisposedError, type Gpu, layoutSlab, Slab, type Slice, UsageError } from "../gpu/index.ts";
import { type BuiltUpdate, buildDispatches } from "./build.ts";
import { HyperparameterError } from "./errors.ts";
import { checkRange } from "./hyperparameters.ts";
import { ParamGroup, type ParamGroupInput, requireStructure } from "./paramGroup.ts";
import { Roster } from "./roster.ts";
import { checkState, type OptimizerState, readTensors, writeTensors } from "./state.ts";
import { type CheckedTensor, checkTensors } from "./tensors.ts";
import type { UpdateRule, Variant } from "./updateRule.ts";

/**
 * Updates float32 tensors in place on the GPU: all tensors of all groups in one dispatch, where they lie in slabs of
 * their own (one for each pair of buffers otherwise). Made by `createOptimizer`.
 */
export class Optimizer {
  readonly #gpu: Gpu;
  readonly #rule: UpdateRule;
  readonly #has: (name: string) => boolean;
  readonly #variant: Variant;
  readonly #paramGroups: ParamGroup[] = [];
  readonly #roster = new Roster();
  readonly #slabs: Slab[] = [];
  #built: BuiltUpdate | undefined;
  #scalars = new Float32Array();
  #stepCount = 0;
  #encodedAt = -1;
  #adding = false;
  #destroyed = false;

  /** `has` tells which hyperparameters any group uses. Without groups yet: see `addParamGroups`. */
  private constructor(gpu: Gpu, rule: UpdateRule, has: (name: string) => boolean) {
    this.#gpu = gpu;
    this.#rule = rule;
    this.#has = has;
    this.#variant = rule.variant(has);
  }

  /** @internal See `createOptimizer`. */
  static async create(gpu: Gpu, rule: UpdateRule, inputs: readonly ParamGroupInput[]): Promise<Optimizer> {
    const rules = inputs.map((input) => rule.with(input.hyper ?? {}));
    for (const name of rule.switches) {
      if (new Set(rules.map((each) => each.uses(name))).size === 1) continue;
      throw new HyperparameterError(
        `${rule.name}: ${name} must be the same in all groups, got true and false. Use two optimizers.`,
      );
    }
    const optimizer = new Optimizer(gpu, rule, (name) => rules.some((each) => each.uses(name)));
    await optimizer.#add(inputs);
    return optimizer;
  }

  get paramGroups(): readonly ParamGroup[] {
    return this.#paramGroups;
  }

  /** Updates done, or encoded, so far. A tensor that joined later, or was frozen, has had fewer: see `stepCountOf`. */
  get stepCount(): number {
    return this.#stepCount;
  }

  /** Dispatches of one update. */
  get dispatchCount(): number {
    return this.#dispatches.length;
  }

  /** Bytes read and written a parameter and step: parameter and states both ways, the gradient one. */
  get bytesPerParameter(): number {
    return 4 * (3 + 2 * this.#variant.state.length);
  }

  /** Names of the state tensors that each parameter has. */
  get stateNames(): readonly string[] {
    return this.#variant.state;
  }

  /** Where a state of a tensor is, such as `stateSlice("m", "layers.0.weight")`. */
  stateSlice(state: string, tensor: string): Slice {
    const slice = this.#roster.member(tensor).states.get(state);
    if (slice) return slice;
    throw new UsageError(`optimizer: no state "${state}" (it has ${this.stateNames.join(", ") || "none"}).`);
  }

  /** Updates that a tensor has had. */
  stepCountOf(tensor: string): number {
    return this.#roster.member(tensor).cohort.stepCount;
  }

  /**
   * Adds a group of tensors, which begin with no steps and no state. The others go on as they were.
   * @throws as `createOptimizer` does, by rejection, before anything is changed.
   */
  async addParamGroup(input: ParamGroupInput): Promise<void> {
    this.#requireSubmitted();
    if (this.#adding) throw new UsageError("optimizer: a group is being added already. Await it before the next one.");
    this.#adding = true;
    try {
      await this.#add([input]);
    } finally {
      this.#adding = false;
    }
  }

  /**
   * Leaves tensors out of the updates from the next step on: their parameters, states and step counts keep every bit.
   * Also for a step in which a tensor has no gradient. A gradient of zeros is another thing: it still decays.
   * @throws UsageError naming a tensor that is not the optimizer's.
   */
  freeze(...tensors: readonly string[]): void {
    this.#requireSubmitted();
    this.#roster.setFrozen(tensors, true);
    this.#assign();
  }

  /** Takes frozen tensors up again, where they left off. */
  unfreeze(...tensors: readonly string[]): void {
    this.#requireSubmitted();
    this.#roster.setFrozen(tensors, false);
    this.#assign();
  }

  /**
   * Adds one update to the GPU's command stream, which the caller submits. Writes the step's scalars, in one small write.
   * @throws HyperparameterError, before anything is written, where a schedule gives a value that the rule cannot use.
   */
  encode(): void {
    const { stream } = this.#gpu;
    this.#requireSubmitted();
    this.#begin();
    stream.dispatch(...this.#dispatches);
    this.#encodedAt = stream.counts.submits;
  }

  /**
   * Adds one update to a compute pass of the caller's, who ends and submits it before the next one. The step's scalars
   * are written ahead of that submit.
   */
  encodeTo(pass: GPUComputePassEncoder): void {
    this.#begin();
    for (const { pipeline, bindGroups, x, y } of this.#dispatches) {
      pass.setPipeline(pipeline);
      for (let i = 0; i < bindGroups.length; i++) pass.setBindGroup(i, bindGroups[i]);
      pass.dispatchWorkgroups(x, y);
    }
  }

  /** One update, submitted at once. */
  step(): void {
    this.#gpu.check();
    this.encode();
    this.#gpu.stream.submit();
  }

  /**
   * All that this optimizer needs to go on, as it is after the updates submitted so far. Waits for them: for checkpoints,
   * not for steps.
   */
  async state(): Promise<OptimizerState> {
    this.#requireLive();
    const { name: rule, profile } = this.#rule;
    const stepCount = this.#stepCount;
    return { rule, profile, stepCount, tensors: await readTensors(this.#gpu, this.#roster.members.values()) };
  }

  /**
   * Takes up a saved state: moments, step counts, who is frozen. The parameters are the caller's to restore.
   * @throws CheckpointMismatchError, before anything is changed, where the state is not of these tensors and this rule.
   */
  load(saved: OptimizerState): void {
    this.#requireSubmitted();
    checkState(saved, this.#rule.name, this.stateNames, this.#roster.members);
    writeTensors(this.#gpu, saved.tensors, this.#roster.members);
    this.#roster.restore(saved.tensors);
    this.#stepCount = saved.stepCount;
    this.#assign();
  }

  /** The groups, what decays in them and by how much, at the next step. */
  describe(): string {
    const frozen = [...this.#roster.members].filter(([, { isFrozen }]) => isFrozen).map(([name]) => name);
    return this.#paramGroups
      .map((group, i) => {
        const title = `paramGroup ${i}: ${group.rule.name}, ${group.rule.profile} profile`;
        return `${title}\n${group.describe(this.#stepCount + 1).replace(/^/gm, "  ")}`;
      })
      .concat(frozen.length > 0 ? [`frozen: ${frozen.join(", ")}`] : [])
      .join("\n");
  }

  /** Gives the state back. The parameters and gradients stay: they belong to whoever made them. */
  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    for (const slab of this.#slabs) slab.destroy();
    this.#built?.release();
  }

  get #dispatches(): readonly Dispatch[] {
    return this.#built?.dispatches ?? [];
  }

  #requireLive(): void {
    if (this.#destroyed) throw new DisposedError("optimizer: it was destroyed. Create a new one.");
  }

  /** What is written now would reach an update that was encoded and not submitted. */
  #requireSubmitted(): void {
    this.#requireLive();
    if (this.#dispatches.length > 0 && this.#encodedAt === this.#gpu.stream.counts.submits) {
      throw new UsageError(
        "optimizer: an update is encoded and not submitted (got 1, allowed 0). Submit the stream first.",
      );
    }
  }

  /** Counts the step and writes its scalars. */
  #begin(): void {
    this.#requireLive();
    this.#computeScalars();
    if (this.#built && this.#scalars.length > 0) this.#gpu.stream.write(this.#built.scalars, this.#scalars);
    for (const cohort of this.#roster.rows) cohort.stepCount += 1;
    this.#stepCount += 1;
  }

  #computeScalars(): void {
    let i = 0;
    for (const { paramGroup, isExempt, stepCount } of this.#roster.rows) {
      const t = stepCount + 1;
      const hyper = paramGroup.hyperAt(t);
      const scalars = paramGroup.rule.scalars(isExempt ? { ...hyper, weightDecay: 0 } : hyper, t);
      for (const name in scalars) {
        this.#scalars[i++] = checkRange(paramGroup.rule.name, name, scalars[name] as number, t);
      }
    }
  }

  /** Brings the tables of tiles in line with the roster. Not in the steady state. */
  #assign(): void {
    this.#scalars = new Float32Array(this.#roster.rows.length * this.#fields);
    this.#built?.assign(this.#roster.rowOf());
  }

  get #fields(): number {
    return Object.keys(this.#rule.scalars(this.#rule.hyperAt(1), 1)).length;
  }

  /** Takes groups in: all of them or, where anything is wrong with one, none. */
  async #add(inputs: readonly ParamGroupInput[]): Promise<void> {
    const gpu = this.#gpu;
    const present = [...this.#roster.members.values()].map(({ tensor }) => tensor);
    const given = inputs.flatMap((input) => input.tensors);
    const checked = checkTensors(given, gpu.limits, present);
    const groups = inputs.map((input) => {
      const rule = this.#rule.with(input.hyper ?? {});
      requireStructure(rule, this.#has);
      return new ParamGroup(rule, checked.splice(0, input.tensors.length), input.exempt, this.#has);
    });
    const added = groups.flatMap(({ tensors }) => tensors);
    const layout = layoutSlab(added, gpu.limits.maxBufferSize);
    const slabs = new Map(
      this.#variant.state.map((name) => [name, new Slab(gpu.pool, layout, `optim/${this.#rule.name} ${name}`)]),
    );
    const statesOf = (tensor: string): Map<string, Slice> =>
      new Map([...slabs].map(([name, slab]) => [name, slab.slice(tensor)]));
    try {
      const tensors = [...present, ...added];
      const states = (name: string) => this.#roster.members.get(name)?.states ?? statesOf(name);
      const built = await buildDispatches(gpu, this.#rule, this.#variant, {
        placements: tensors
          .filter(({ elements }) => elements > 0)
          .map((tensor) => placement(tensor, states(tensor.name))),
        scalarCount: tensors.length * this.#fields,
      });
      try {
        this.#requireSubmitted(); // What was encoded meanwhile works on the tables that are given back now.
      } catch (error) {
        built.release();
        throw error;
      }
      this.#built?.release();
      this.#built = built;
    } catch (error) {
      for (const slab of slabs.values()) slab.destroy();
      throw error;
    }
    this.#slabs.push(...slabs.values());
    this.#paramGroups.push(...groups);
    for (const group of groups) this.#roster.add(group, statesOf);
    this.#assign();
  }
}

function placement({ name, param, grad, elements }: CheckedTensor, states: ReadonlyMap<string, Slice>) {
  return { name, param, grad, elements, states: [...states.values()] };
}
