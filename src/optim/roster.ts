import { type Slice, UsageError } from "../gpu/index.ts";
import type { StateSlices } from "./makeStates.ts";
import type { ParamGroup } from "./paramGroup.ts";
import type { CheckedTensor } from "./tensors.ts";
import type { Memory } from "./updateRule.ts";

/** How many steps back the memory of a rule is kept: as far as steps may turn out to have been skipped. */
const memoriesKept = 4096;

const nothing: Memory = {};

/** Tensors that share hyperparameters and step count: one row of the step's scalars. */
export class Cohort {
  readonly #memories: Map<number, Memory>;

  constructor(
    readonly paramGroup: ParamGroup,
    readonly isExempt: boolean,
    /** Updates that its tensors have had. */
    public stepCount: number,
    memory: Memory = {},
  ) {
    this.#memories = new Map([[stepCount, memory]]);
  }

  /** What the rule remembers of its tensors' updates. */
  get memory(): Memory {
    return this.#memoryAt(this.stepCount);
  }

  /** The scalars of step t, and whether it maximizes. */
  scalarsAt(t: number): { maximize: boolean; scalars: Record<string, number> } {
    const { rule } = this.paramGroup;
    const own = this.paramGroup.hyperAt(t);
    const hyper = this.isExempt ? { ...own, weightDecay: 0 } : own;
    const before = this.#memoryAt(t - 1);
    const memory = rule.remember(before, hyper, t);
    if (t > this.stepCount && memory !== before) this.#memories.set(t, memory);
    return { maximize: hyper.maximize === true, scalars: rule.scalars(hyper, t, memory) };
  }

  /** Counts a step. */
  advance(): void {
    this.stepCount += 1;
    this.#memories.delete(this.stepCount - memoriesKept);
  }

  /** Another one in the same state. */
  copy(): Cohort {
    return new Cohort(this.paramGroup, this.isExempt, this.stepCount, this.memory);
  }

  isLike(other: Cohort): boolean {
    return (
      this.paramGroup === other.paramGroup &&
      this.isExempt === other.isExempt &&
      this.stepCount === other.stepCount &&
      JSON.stringify(this.memory) === JSON.stringify(other.memory)
    );
  }

  #memoryAt(t: number): Memory {
    return this.#memories.get(t) ?? nothing;
  }
}

/** A tensor in the optimizer's care. */
export interface Member extends StateSlices {
  readonly tensor: CheckedTensor;
  cohort: Cohort;
  isFrozen: boolean;
}

/** What a saved state tells of a tensor, beside its numbers. */
interface SavedCounts {
  readonly stepCount: number;
  readonly isFrozen: boolean;
  readonly memory?: Memory;
}

/**
 * Who is updated, with which hyperparameters, and how often they were: as in PyTorch, each tensor counts its own steps,
 * so that one which joins later, or was frozen for a while, has its own bias corrections.
 */
export class Roster {
  readonly members = new Map<string, Member>();
  #rows: Cohort[] = [];

  /** The cohorts that are updated. */
  get rows(): readonly Cohort[] {
    return this.#rows;
  }

  add(paramGroup: ParamGroup, slicesOf: (name: string) => StateSlices): void {
    for (const isExempt of [false, true]) {
      for (const tensor of isExempt ? paramGroup.exempt : paramGroup.decaying) {
        const cohort = this.#join(new Cohort(paramGroup, isExempt, 0));
        this.members.set(tensor.name, { tensor, ...slicesOf(tensor.name), cohort, isFrozen: false });
      }
    }
    this.#settle();
  }

  /** @throws UsageError, before anything is changed, where a name is not among the members. */
  setFrozen(names: readonly string[], isFrozen: boolean): void {
    const members = names.map((name) => this.member(name));
    for (const member of members) {
      if (member.isFrozen === isFrozen) continue;
      member.isFrozen = isFrozen;
      member.cohort = isFrozen ? member.cohort.copy() : this.#join(member.cohort);
    }
    this.#settle();
  }

  /** Gives members their step counts and says who is frozen, as a saved state has them. */
  restore(saved: ReadonlyMap<string, SavedCounts>): void {
    this.#rows = [];
    for (const [name, { stepCount, isFrozen, memory }] of saved) {
      const member = this.member(name);
      const { paramGroup, isExempt } = member.cohort;
      member.isFrozen = isFrozen;
      const cohort = new Cohort(paramGroup, isExempt, stepCount, memory);
      member.cohort = isFrozen ? cohort : this.#join(cohort);
    }
    this.#settle();
  }

  member(name: string): Member {
    const member = this.members.get(name);
    if (member) return member;
    throw new UsageError(`optimizer: no tensor "${name}" (it has ${[...this.members.keys()].join(", ")}).`);
  }

  /** @throws UsageError where there is no such tensor, or it has no such state. */
  stateSlice(state: string, name: string): Slice {
    const { states } = this.member(name);
    const slice = states.get(state);
    if (slice) return slice;
    throw new UsageError(`optimizer: no state "${state}" (it has ${[...states.keys()].join(", ") || "none"}).`);
  }

  /** Names of the frozen members. */
  get frozen(): readonly string[] {
    return [...this.members].filter(([, { isFrozen }]) => isFrozen).map(([name]) => name);
  }

  /** The row of each member that is updated. */
  rowOf(): Map<string, number> {
    const index = new Map(this.#rows.map((cohort, row) => [cohort, row]));
    return new Map(
      [...this.members.values()]
        .filter(({ isFrozen }) => !isFrozen)
        .map(({ tensor, cohort }) => [tensor.name, index.get(cohort) as number]),
    );
  }

  /** The cohort that is like this one, or else this one. */
  #join(cohort: Cohort): Cohort {
    const known = this.#rows.find((each) => each.isLike(cohort));
    if (known) return known;
    this.#rows.push(cohort);
    return cohort;
  }

  /** Drops the cohorts that nobody is in any more. */
  #settle(): void {
    const used = new Set([...this.members.values()].filter(({ isFrozen }) => !isFrozen).map(({ cohort }) => cohort));
    this.#rows = this.#rows.filter((cohort) => used.has(cohort));
  }
}
