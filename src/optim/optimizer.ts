import { type Dispatch, DisposedError, encodeInto, type Gpu, type Slab, type Slice, UsageError } from "../gpu/index.ts";
import type { BuiltUpdate } from "./build.ts";
import { Evaluation } from "./evaluation.ts";
import { meanBytes, nameOf, type RuleFamily } from "./families.ts";
import { grow } from "./grow.ts";
import { type CheckedOptions, checkOptions, type OptimizerOptions } from "./options.ts";
import type { ParamGroup, ParamGroupInput } from "./paramGroup.ts";
import { Roster } from "./roster.ts";
import { checkState, type OptimizerState, readTensors, writeTensors } from "./state.ts";
import { Steps } from "./steps.ts";
import type { UpdateRule } from "./updateRule.ts";

/**
 * Updates tensors in place on the GPU: all tensors of a dtype, of all groups of a rule, in one dispatch, where they lie in
 * slabs of their own (one for each pair of buffers otherwise). Made by `createOptimizer`.
 */
export class Optimizer {
  readonly #gpu: Gpu;
  readonly #rule: UpdateRule;
  readonly #options: CheckedOptions;
  readonly #steps: Steps;
  readonly #paramGroups: ParamGroup[] = [];
  readonly #roster = new Roster();
  readonly #evaluation: Evaluation;
  readonly #slabs: Slab[] = [];
  #families: readonly RuleFamily[] = [];
  #built: BuiltUpdate | undefined;
  #adding = false;
  #destroyed = false;

  /** Without groups yet: see `create`. */
  private constructor(gpu: Gpu, rule: UpdateRule, options: CheckedOptions) {
    this.#gpu = gpu;
    this.#rule = rule;
    this.#options = options;
    this.#steps = new Steps(gpu, options, (slot) => this.#built?.guard?.tileAt(slot));
    this.#evaluation = new Evaluation(gpu, this.#roster);
  }

  /** @internal See `createOptimizer`. */
  static async create(
    gpu: Gpu,
    rule: UpdateRule,
    inputs: readonly ParamGroupInput[],
    options: OptimizerOptions,
  ): Promise<Optimizer> {
    const optimizer = new Optimizer(gpu, rule, checkOptions(options));
    await optimizer.#add(inputs).catch((error: unknown) => {
      optimizer.destroy();
      throw error;
    });
    return optimizer;
  }

  get paramGroups(): readonly ParamGroup[] {
    return this.#paramGroups;
  }

  /**
   * Updates done, or encoded, so far. A tensor that joined later, or was frozen, has had fewer: see `stepCountOf`. A step
   * that is skipped counts until the GPU has told.
   */
  get stepCount(): number {
    return this.#steps.count;
  }

  /** Steps skipped so far, as far as the GPU has told. */
  get skippedSteps(): number {
    return this.#steps.watch?.skippedSteps ?? 0;
  }

  /** float32 [1], where gradients are looked at: what the loss is to be multiplied with. The GPU keeps it up to date. */
  get lossScale(): Slice | undefined {
    return this.#steps.watch?.lossScale;
  }

  /** Dispatches of one update. */
  get dispatchCount(): number {
    return this.#dispatches.length;
  }

  /** Bytes read and written a parameter and step, on average over the tensors. */
  get bytesPerParameter(): number {
    return meanBytes(this.#roster.members.values(), this.#options.gradients);
  }

  /** Bytes of the states on the GPU. */
  get stateBytes(): number {
    return this.#slabs.flatMap(({ whole }) => whole).reduce((sum, { size }) => sum + size, 0);
  }

  /** Names of the state tensors that parameters have. */
  get stateNames(): readonly string[] {
    return [...new Set([...this.#roster.members.values()].flatMap(({ states }) => [...states.keys()]))];
  }

  /** Where a state of a tensor is, such as `stateSlice("m", "layers.0.weight")`. */
  stateSlice(state: string, tensor: string): Slice {
    return this.#roster.stateSlice(state, tensor);
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
    this.#evaluation.requireOff();
    if (this.#adding) throw new UsageError("optimizer: a group is being added already. Await it before the next one.");
    this.#adding = true;
    await this.#add([input]).finally(() => {
      this.#adding = false;
    });
  }

  /**
   * Leaves tensors out of the updates from the next step on: their parameters, states and step counts keep every bit.
   * Also for a step in which a tensor has no gradient. A gradient of zeros is another thing: it still decays.
   * @throws UsageError naming a tensor that is not the optimizer's, or where the outcome of a step is not known yet.
   */
  freeze(...tensors: readonly string[]): void {
    this.#requireSettled();
    this.#roster.setFrozen(tensors, true);
    this.#assign();
  }

  /** Takes frozen tensors up again, where they left off. */
  unfreeze(...tensors: readonly string[]): void {
    this.#requireSettled();
    this.#roster.setFrozen(tensors, false);
    this.#assign();
  }

  /**
   * Adds one update to the GPU's command stream, which the caller submits. Writes the step's scalars, in one small write.
   * @throws HyperparameterError, before anything is written, where a schedule gives a value that the rule cannot use;
   * NonFiniteGradientError for an earlier step, where the gradients are looked at.
   */
  encode(): void {
    this.#requireSubmitted();
    this.#begin();
    this.#gpu.stream.dispatch(...this.#dispatches);
    if (this.#dispatches.length > 0) this.#steps.encoded();
  }

  /**
   * Adds one update to a compute pass of the caller's, who submits it before the next one; the step's scalars are written
   * ahead of that. What the GPU says of the gradients comes with the next `settled()`.
   */
  encodeTo(pass: GPUComputePassEncoder): void {
    this.#begin();
    encodeInto(pass, this.#dispatches);
  }

  /** One update, submitted at once. */
  step(): void {
    this.#gpu.check();
    this.encode();
    this.#gpu.stream.submit();
  }

  /**
   * Resolves when the outcome of every step submitted so far is known: from then on `stepCount` is exact.
   * @throws NonFiniteGradientError, by rejection, where a step failed.
   */
  async settled(): Promise<void> {
    await this.#steps.settle();
    this.#requireLive();
    this.#steps.watch?.require(Infinity);
  }

  /**
   * Puts the weights to evaluate with in the place of the parameters, which are kept: the average x of schedule-free rules, the
   * moving average where `averageDecay` was given. One dispatch, submitted at once. Until `train()` no step is taken.
   * @throws UsageError where the outcome of a step is not known yet.
   */
  eval(): void {
    this.#gpu.check();
    this.#requireSettled();
    this.#evaluation.begin();
  }

  /** Puts the parameters back, bit for bit: training goes on as if there had been no evaluation. */
  train(): void {
    this.#gpu.check();
    this.#requireLive();
    this.#evaluation.end();
  }

  /** Whether the parameters are those to evaluate with: after `eval()`, until `train()`. */
  get isEvaluating(): boolean {
    return this.#evaluation.isOn;
  }

  /**
   * All that this optimizer needs to go on after the updates submitted so far, for which it waits. While it evaluates, the
   * parameters to go on from are in it, as the state `trained`.
   */
  async state(): Promise<OptimizerState> {
    this.#requireLive();
    await this.#steps.settleAll();
    const { profile } = this.#rule;
    const mode = { ...this.#steps.saved, ...(this.isEvaluating && { isEvaluating: true }) };
    const tensors = await readTensors(this.#gpu, this.#evaluation.members.values());
    return { rule: nameOf(this.#families), profile, ...mode, tensors };
  }

  /**
   * Takes up a saved state: moments, step counts, who is frozen. The parameters are the caller's to restore.
   * @throws CheckpointMismatchError, before anything is changed, where the state is not of these tensors and this rule.
   */
  load(saved: OptimizerState): void {
    this.#requireSubmitted();
    checkState(saved, nameOf(this.#families), this.#roster.members, (member) => this.#evaluation.concerns(member));
    this.#roster.restore(saved.tensors);
    if (saved.isEvaluating) this.#evaluation.resume();
    else this.#evaluation.drop();
    writeTensors(this.#gpu, saved.tensors, this.#evaluation.members);
    this.#steps.restore(saved);
    this.#assign();
  }

  /** The groups, what decays in them and by how much, at the next step. */
  describe(): string {
    const { frozen } = this.#roster;
    const groups = this.#paramGroups.map((group, i) => `paramGroup ${i}: ${group.describe(this.stepCount + 1)}`);
    return [...groups, ...(frozen.length > 0 ? [`frozen: ${frozen.join(", ")}`] : [])].join("\n");
  }

  /** Gives the state back. The parameters and gradients stay: they belong to whoever made them. */
  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    for (const slab of this.#slabs) slab.destroy();
    this.#built?.release();
    this.#evaluation.drop();
    this.#steps.watch?.destroy();
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
    this.#steps.requireSubmitted();
  }

  /** Which step a tensor is at must be known before it goes another way than the others. */
  #requireSettled(): void {
    this.#requireSubmitted();
    this.#steps.watch?.requireSettled();
  }

  /** Writes the step's scalars and counts it. */
  #begin(): void {
    this.#requireLive();
    this.#evaluation.requireOff();
    this.#steps.begin(this.#built !== undefined);
  }

  /** Brings the tables of tiles in line with the roster. Not in the steady state. */
  #assign(): void {
    this.#steps.assign(this.#roster, this.#built);
    this.#built?.assign(this.#roster.rowOf());
  }

  /** Takes groups in: all of them or, where anything is wrong with one, none. */
  async #add(inputs: readonly ParamGroupInput[]): Promise<void> {
    const present = { families: this.#families, members: this.#roster.members };
    const plan = { rule: this.#rule, options: this.#options, guard: this.#steps.watch?.guard };
    const growth = await grow(this.#gpu, plan, present, inputs);
    try {
      await this.#evaluation.prepare(growth.groups);
      await this.#steps.settle();
      this.#requireSubmitted(); // What was encoded meanwhile works on the tables that are given back now.
    } catch (error) {
      growth.release();
      throw error;
    }
    this.#built?.release();
    this.#built = growth.built;
    this.#slabs.push(...growth.slabs);
    this.#families = growth.families;
    this.#paramGroups.push(...growth.groups);
    for (const group of growth.groups) this.#roster.add(group, growth.statesOf);
    this.#assign();
  }
}
