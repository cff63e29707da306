import { halfLife, shrinkPerStep, timescale } from "./decay.ts";
import { HyperparameterError } from "./errors.ts";
import type { RuleFamily } from "./families.ts";
import type { HyperInput, HyperValues } from "./hyperparameters.ts";
import type { CheckedTensor, OptimizerTensor } from "./tensors.ts";
import type { UpdateRule } from "./updateRule.ts";

/** Tensors with hyperparameters of their own; what is left out is the optimizer's. */
export interface ParamGroupInput {
  readonly tensors: readonly OptimizerTensor[];
  /** Where it is not the optimizer's. Groups that were given the same rule share its dispatch. */
  readonly rule?: UpdateRule;
  readonly hyper?: HyperInput;
  /** Which tensors the decay leaves alone: `exemptByDefault` where it is left out, `() => false` for none. */
  readonly exempt?: (tensor: Pick<OptimizerTensor, "name" | "shape" | "role">) => boolean;
}

/**
 * Biases, norms and embeddings by role; without a role, tensors of fewer than two sides and names that end in `bias`.
 */
export function exemptByDefault({ name, shape, role }: Pick<OptimizerTensor, "name" | "shape" | "role">): boolean {
  return role ? role !== "weight" : shape.length < 2 || name.endsWith("bias");
}

/** Some of an optimizer's tensors and the hyperparameters that they share. */
export class ParamGroup {
  readonly decaying: readonly CheckedTensor[];
  readonly exempt: readonly CheckedTensor[];
  readonly family: RuleFamily;
  #rule: UpdateRule;
  #version = 0;

  /**
   * @throws HyperparameterError where the rule, with this group's hyperparameters, is none that its family was built for;
   * ShapeError naming a tensor that the rule cannot update.
   */
  constructor(
    family: RuleFamily,
    tensors: readonly CheckedTensor[],
    { hyper = {}, exempt: isExempt = exemptByDefault }: Pick<ParamGroupInput, "hyper" | "exempt">,
  ) {
    this.family = family;
    this.#rule = family.rule.with(hyper);
    requireStructure(this.#rule, family.has);
    for (const tensor of tensors) this.#rule.checkTensor(tensor);
    const publicView = ({ role, ...tensor }: CheckedTensor) => (role ? { ...tensor, role } : tensor);
    this.decaying = tensors.filter((tensor) => !isExempt(publicView(tensor)));
    this.exempt = tensors.filter((tensor) => isExempt(publicView(tensor)));
  }

  get tensors(): readonly CheckedTensor[] {
    return [...this.decaying, ...this.exempt];
  }

  get rule(): UpdateRule {
    return this.#rule;
  }

  /** Another number each time that hyperparameters were set. */
  get version(): number {
    return this.#version;
  }

  /**
   * Changes hyperparameters from the next step on. No pipeline is made anew.
   * @throws HyperparameterError for a value that the rule cannot use, or one that needs another kernel than the optimizer
   * was made with.
   */
  set(hyper: HyperInput): void {
    const rule = this.#rule.with(hyper);
    requireStructure(rule, this.family.has);
    this.#rule = rule;
    this.#version += 1;
  }

  /** The hyperparameters at step t, checked. */
  hyperAt(t: number): HyperValues {
    return this.#rule.hyperAt(t);
  }

  /** The rule, and what the decay does to this group's tensors at step t, in words. */
  describe(t: number): string {
    const { lr, weightDecay } = this.hyperAt(t) as { lr: number; weightDecay: number };
    const shrink = shrinkPerStep(lr, weightDecay);
    const kind = kinds[this.#rule.decay];
    const steps = (count: number): string => `${Number(count.toPrecision(4)).toLocaleString("en")} steps`;
    const towards = this.#rule.uses("towardsStart") ? ", towards the initial weights" : "";
    const cautious = this.#rule.uses("cautious") ? ", only where the step agrees" : "";
    const decay = shrink
      ? `${kind} shrink per step ${Number(shrink.toPrecision(4)).toExponential()}, half-life ${steps(halfLife(shrink))}, timescale ${steps(timescale(shrink))}${towards}${cautious}`
      : "none";
    const title = `${this.#rule.name}, ${this.#rule.profile} profile`;
    const lines = [title, `decay: ${decay}`, `decays: ${list(this.decaying)}`, `exempt: ${list(this.exempt)}`];
    if (this.#rule.profile === "torch" && this.#rule.decay === "decoupled" && shrink && Math.fround(1 - shrink) === 1) {
      lines.push("warning: in the torch profile a shrink below 6e-8 rounds to none. Use the accurate profile.");
    }
    return lines.join("\n  ");
  }
}

const kinds = {
  coupled: "as L2 regularization through the gradient, nominally",
  decoupled: "decoupled,",
  averaged: "of the points that the weights average, nominally",
  scaled: "in the step, whose length the norm of the weights sets, nominally",
} as const;

function list(tensors: readonly CheckedTensor[]): string {
  return tensors.map(({ name, shape }) => `${name} [${shape.join(", ")}]`).join(", ") || "nothing";
}

/**
 * Whether a rule runs on the state and the kernel that an optimizer was built with; `has` tells what it was built for.
 * @throws HyperparameterError naming what it lacks.
 */
export function requireStructure(rule: UpdateRule, has: (name: string) => boolean): void {
  for (const name of ["momentum", ...rule.switches]) {
    if (rule.uses(name) && !has(name)) {
      const value = rule.hyperAt(1)[name];
      throw new HyperparameterError(
        `${rule.name}: ${name} needs another kernel than this optimizer was made with, got ${value}. ` +
          "Give it when you create the optimizer.",
      );
    }
  }
  for (const name of rule.switches) {
    if (has(name) && !rule.uses(name)) {
      throw new HyperparameterError(
        `${rule.name}: ${name} cannot be turned off in an optimizer made with it, got false. Create one without it.`,
      );
    }
  }
}
