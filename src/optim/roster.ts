import type { Slice } from "../gpu/index.ts";
import { UsageError } from "../gpu/index.ts";
import type { ParamGroup } from "./paramGroup.ts";
import type { CheckedTensor } from "./tensors.ts";

/** Tensors that share hyperparameters and step count: one row of the step's scalars. */
export interface Cohort {
  readonly paramGroup: ParamGroup;
  readonly isExempt: boolean;
  /** Updates that its tensors have had. */
  stepCount: number;
}

/** A tensor in the optimizer's care. */
export interface Member {
  readonly tensor: CheckedTensor;
  /** By the names of the rule's states. */
  readonly states: ReadonlyMap<string, Slice>;
  cohort: Cohort;
  isFrozen: boolean;
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

  add(paramGroup: ParamGroup, states: (name: string) => ReadonlyMap<string, Slice>): void {
    for (const isExempt of [false, true]) {
      for (const tensor of isExempt ? paramGroup.exempt : paramGroup.decaying) {
        const cohort = this.#cohort(paramGroup, isExempt, 0);
        this.members.set(tensor.name, { tensor, states: states(tensor.name), cohort, isFrozen: false });
      }
    }
    this.#settle();
  }

  /** @throws UsageError, before anything is changed, where a name is not among the members. */
  setFrozen(names: readonly string[], isFrozen: boolean): void {
    const members = names.map((name) => this.member(name));
    for (const member of members) {
      if (member.isFrozen === isFrozen) continue;
      const { paramGroup, isExempt, stepCount } = member.cohort;
      member.isFrozen = isFrozen;
      member.cohort = isFrozen ? { ...member.cohort } : this.#cohort(paramGroup, isExempt, stepCount);
    }
    this.#settle();
  }

  /** Gives members their step counts and says who is frozen, as a saved state has them. */
  restore(saved: ReadonlyMap<string, { readonly stepCount: number; readonly isFrozen: boolean }>): void {
    this.#rows = [];
    for (const [name, { stepCount, isFrozen }] of saved) {
      const member = this.member(name);
      const { paramGroup, isExempt } = member.cohort;
      member.isFrozen = isFrozen;
      member.cohort = isFrozen ? { paramGroup, isExempt, stepCount } : this.#cohort(paramGroup, isExempt, stepCount);
    }
    this.#settle();
  }

  member(name: string): Member {
    const member = this.members.get(name);
    if (member) return member;
    throw new UsageError(`optimizer: no tensor "${name}" (it has ${[...this.members.keys()].join(", ")}).`);
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

  /** The cohort of such tensors, a new one where there is none. */
  #cohort(paramGroup: ParamGroup, isExempt: boolean, stepCount: number): Cohort {
    const same = (cohort: Cohort): boolean =>
      cohort.paramGroup === paramGroup && cohort.isExempt === isExempt && cohort.stepCount === stepCount;
    const known = this.#rows.find(same);
    if (known) return known;
    const cohort = { paramGroup, isExempt, stepCount };
    this.#rows.push(cohort);
    return cohort;
  }

  /** Drops the cohorts that nobody is in any more. */
  #settle(): void {
    const used = new Set([...this.members.values()].filter(({ isFrozen }) => !isFrozen).map(({ cohort }) => cohort));
    this.#rows = this.#rows.filter((cohort) => used.has(cohort));
  }
}
