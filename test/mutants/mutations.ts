/** Wrong update rules, made from the right ones: what the tests must find. */
import { vi } from "vitest";
import type { Gpu, KernelSource, ShaderPart } from "../../src/gpu/index.ts";
import type { HyperValues, Memory, UpdateRule } from "../../src/optim/index.ts";
import type { Mutation } from "../parity/runCase.ts";

/** Changes some members of a rule, and of every rule made from it. */
function changed(rule: UpdateRule, change: (rule: UpdateRule) => Partial<UpdateRule>): UpdateRule {
  return { ...rule, ...change(rule), with: (options) => changed(rule.with(options), change) };
}

function replaced({ file, code }: ShaderPart, right: string, wrong: string): string {
  const pieces = code.split(right);
  if (pieces.length !== 2) throw new Error(`${file}: "${right}" is there ${pieces.length - 1} times, not once.`);
  return pieces.join(wrong);
}

/**
 * Every kernel that has the file gets `wrong` in the place of `right`, whichever rule it is of.
 * @throws Error, where the kernel is asked for, if the file does not hold `right` exactly once.
 */
export function damage(gpu: Gpu, file: string, right: string, wrong: string): void {
  const { kernels } = gpu;
  const get = kernels.get.bind(kernels);
  vi.spyOn(kernels, "get").mockImplementation((source: KernelSource) => {
    const parts = source.parts.map((part) =>
      part.file === file ? { file, code: replaced(part, right, wrong) } : part,
    );
    return get({ ...source, parts });
  });
}

/**
 * The rule with `wrong` in the place of `right` in one of its WGSL files.
 * @throws Error where the file does not hold `right` exactly once: the mutant would be the rule itself.
 */
export function inShader(file: string, right: string, wrong: string): Mutation {
  const change = (rule: UpdateRule): Partial<UpdateRule> => ({
    variant: (uses) => {
      const { passes = [], ...variant } = rule.variant(uses);
      let found = 0;
      const mutated = (parts: readonly ShaderPart[]): ShaderPart[] =>
        parts.map((part) => {
          if (part.file !== file) return part;
          found += 1;
          return { ...part, code: replaced(part, right, wrong) };
        });
      const parts = mutated(variant.parts);
      const before = passes.map((pass) => {
        if (pass.kind === "measure") return { ...pass, parts: mutated(pass.parts) };
        const kernels = Object.entries(pass.kernels).map(([name, each]) => [name, mutated(each)]);
        return { ...pass, kernels: Object.fromEntries(kernels) };
      });
      if (found === 0) throw new Error(`${rule.name}: no part ${file}.`);
      return { ...variant, parts, passes: before };
    },
  });
  return (rule) => changed(rule, change);
}

/** The rule with other hyperparameters than it was asked for. */
export function inHyper(wrong: (hyper: HyperValues) => HyperValues): Mutation {
  return (rule) => changed(rule, ({ hyperAt }) => ({ hyperAt: (t) => wrong(hyperAt(t)) }));
}

/**
 * The rule with wrong scalars at step t; `right` gives the rule's own for any hyperparameters and step, and for any memory
 * where it is not the rule's.
 */
export function inScalars(
  wrong: (
    hyper: HyperValues,
    t: number,
    right: UpdateRule["scalars"],
    rule: UpdateRule,
    memory: Memory,
  ) => Record<string, number>,
): Mutation {
  const change = (rule: UpdateRule): Partial<UpdateRule> => ({
    scalars: (hyper, t, memory = {}) => {
      const right: UpdateRule["scalars"] = (own, step, other = memory) => rule.scalars(own, step, other);
      const scalars = wrong(hyper, t, right, rule, memory);
      const names = Object.keys(right(hyper, t)).join();
      if (Object.keys(scalars).join() !== names) throw new Error(`${rule.name}: its scalars are ${names}.`);
      return scalars;
    },
  });
  return (rule) => changed(rule, change);
}

/** The rule with a wrong memory after step t; `right` is the rule's own. */
export function inMemory(
  wrong: (before: Memory, hyper: HyperValues, t: number, right: UpdateRule["remember"]) => Memory,
): Mutation {
  return (rule) =>
    changed(rule, ({ remember }) => ({ remember: (before, hyper, t) => wrong(before, hyper, t, remember) }));
}

/** Another rule, with the same hyperparameters. */
export const asRule =
  (other: (options: Pick<UpdateRule, "profile">) => UpdateRule): Mutation =>
  ({ profile }) =>
    other({ profile });
