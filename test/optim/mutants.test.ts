/**
 * A tolerance is worth what it refuses. Each mutant is an update rule with one mistake that somebody has made; the gate
 * for real GPUs, far looser than the equality of bits that a software adapter must show, has to find every one.
 */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Gpu, openGpu } from "../../src/gpu/index.ts";
import { adam, adamw } from "../../src/optim/index.ts";
import { cases, type ParityCase } from "../parity/cases.ts";
import { passes, withinHardwareGate } from "../parity/gates.ts";
import { type Mutation, optionsOf, resolvedHyper, runCase } from "../parity/runCase.ts";
import { type Row, type RuleName, ruleNames } from "../parity/table.ts";
import { asRule, inScalars, inShader } from "./mutations.ts";
import { type Decoupled, realisedDecay } from "./realised.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu.destroy());

const sized = cases.filter(({ name }) => name.endsWith("· 257 elements"));

/** A matrix that decays and, in the same group, a bias and a norm that are exempt: for rows with a decay that 50 steps show. */
const exempting = sized
  .filter(({ rows: [row] }) => (row?.hyper.weightDecay ?? 0) >= 0.1)
  .map((test) => ({
    ...test,
    name: `${test.name}, with exempt tensors`,
    exempt: true,
    tensors: [
      { name: "fc.weight", shape: [16, 32], paramGroup: 0 },
      { name: "fc.bias", shape: [32], paramGroup: 0 },
      { name: "norm.weight", shape: [32], paramGroup: 0 },
    ],
  }));

interface Mutant {
  readonly mistake: string;
  readonly rules: readonly RuleName[];
  readonly mutate: Mutation;
  /** The rows of the table where it is a mistake at all, all of them where this is left out. */
  readonly where?: (row: Row) => boolean;
  /** Where not on the table's rows. */
  readonly on?: readonly ParityCase[];
}

const adams = ["adam", "adamw"] as const;
const sgds = ["sgd", "sgdw"] as const;
const decoupled = ["adamw", "sgdw"] as const;

/** Whether a hyperparameter is, or becomes, anything but 0 or false; a rule's own default does not count. */
const has =
  (name: string) =>
  (row: Row): boolean =>
    Boolean(optionsOf(row)[name]);
const decays = (row: Row): boolean => Number(resolvedHyper(row, 1).weightDecay) > 0;

const moments = "shaders/optim/parts/moments.wgsl";
const denominator = "sqrt(largest(vNow, i)) / h.rootBiasCorrection2 + h.eps";
const write = "param[at.param] = shrinkThenStep(param[at.param], h.decay, h.keep, step);";
const shrinkAfterStep = "let stepped = param[at.param] - step;\n  param[at.param] = stepped - h.decay * stepped;";

const mutants: Mutant[] = [
  {
    mistake: "eps inside the root",
    rules: adams,
    mutate: inShader(moments, denominator, "sqrt(largest(vNow, i) + h.eps) / h.rootBiasCorrection2"),
  },
  {
    mistake: "eps beside the root, but before its bias correction",
    rules: adams,
    mutate: inShader(moments, denominator, "(sqrt(largest(vNow, i)) + h.eps) / h.rootBiasCorrection2"),
  },
  {
    mistake: "no bias correction of the first moment",
    rules: adams,
    mutate: inScalars((hyper, t, right) => ({ ...right(hyper, t), stepSize: Number(hyper.lr) })),
    where: ({ hyper }) => hyper.beta1 !== 0,
  },
  {
    mistake: "no bias correction of the second moment",
    rules: adams,
    mutate: inScalars((hyper, t, right) => ({ ...right(hyper, t), rootBiasCorrection2: 1 })),
  },
  {
    mistake: "t off by one",
    rules: adams,
    mutate: inScalars((hyper, t, right) => right(hyper, t + 1)),
  },
  {
    mistake: "a schedule a step late",
    rules: ruleNames,
    mutate: inScalars((_, t, right, rule) => right(rule.hyperAt(Math.max(1, t - 1)), t)),
    where: ({ vary }) => vary !== undefined,
  },
  {
    mistake: "beta1 and beta2 swapped",
    rules: adams,
    mutate: inScalars((hyper, t, right) => right({ ...hyper, beta1: hyper.beta2!, beta2: hyper.beta1! }, t)),
  },
  {
    mistake: "weight decay through the moments, AdamW as Adam",
    rules: ["adamw"],
    mutate: asRule(adam),
    where: decays,
  },
  {
    mistake: "L2 beside the moments, Adam as AdamW",
    rules: ["adam"],
    mutate: asRule(adamw),
    where: decays,
  },
  {
    mistake: "2 λ",
    rules: ruleNames,
    mutate: inScalars((hyper, t, right) => right({ ...hyper, weightDecay: 2 * Number(hyper.weightDecay) }, t)),
    where: decays,
  },
  {
    mistake: "no decay",
    rules: ruleNames,
    mutate: inScalars((hyper, t, right) => right({ ...hyper, weightDecay: 0 }, t)),
    where: decays,
  },
  ...decoupled.map((rule) => ({
    mistake: "the shrink after the step",
    rules: [rule],
    mutate: inShader(`shaders/optim/${rule}.wgsl`, write, shrinkAfterStep),
    where: decays,
  })),
  {
    mistake: "decay on tensors that are exempt",
    rules: ruleNames,
    // The optimizer asks for an exempt tensor's scalars with a weightDecay of 0.
    mutate: inScalars((hyper, t, right, rule) => right({ ...hyper, weightDecay: rule.hyperAt(t).weightDecay! }, t)),
    on: exempting,
  },
  {
    mistake: "Nesterov's momentum ignored",
    rules: sgds,
    mutate: inScalars((hyper, t, right) => right({ ...hyper, nesterov: false }, t)),
    where: has("nesterov"),
  },
  {
    mistake: "dampening at the first step too",
    rules: sgds,
    mutate: inScalars((hyper, t, right) => ({ ...right(hyper, t), gradientShare: 1 - Number(hyper.dampening) })),
    where: has("dampening"),
  },
  {
    mistake: "AMSGrad's maximum dropped",
    rules: adams,
    mutate: inShader("shaders/optim/parts/amsgrad.wgsl", "max(vMax[i], vNow)", "vNow"),
    where: has("amsgrad"),
  },
  {
    mistake: "maximize ignored",
    rules: ruleNames,
    mutate: inScalars((hyper, t, right) => ({ ...right(hyper, t), ascent: 1 })),
    where: has("maximize"),
  },
  {
    mistake: "maximize turns the decay round as well",
    rules: ruleNames,
    mutate: inScalars((hyper, t, right) =>
      right(hyper.maximize ? { ...hyper, weightDecay: -Number(hyper.weightDecay) } : hyper, t),
    ),
    where: (row) => has("maximize")(row) && decays(row),
  },
];

/** [mistake, rule, how many cases, mutation, cases] */
const named = mutants.flatMap(({ mistake, rules, mutate, where = () => true, on = sized }) =>
  rules.map((rule) => {
    const touched = on.filter((test) => test.rule === rule && where(test.rows[0]!));
    return [mistake, rule, touched.length, mutate, touched] as const;
  }),
);

test.each(named)("mutant: %s is caught, %s, in each of %d cases", async (_mistake, _rule, count, mutate, touched) => {
  expect(count).toBeGreaterThan(0);
  const missed: string[] = [];
  for (const test of touched) {
    const comparison = await runCase(gpu, test, mutate);
    if (withinHardwareGate(comparison)) missed.push(`${test.name}: ${comparison.worstUlp} ulp`);
  }
  expect(missed).toEqual([]);
});

test("the rules themselves pass every one of those cases", async () => {
  const failed: string[] = [];
  for (const test of [...sized, ...exempting]) {
    const comparison = await runCase(gpu, test);
    if (!passes(comparison, gpu.adapter) || !withinHardwareGate(comparison)) failed.push(test.name);
  }
  expect(failed).toEqual([]);
});

describe("mutants of the accurate profile that a gate in ulps may miss, and the realised decay shows:", () => {
  const call = "shrinkThenStep(param[at.param], h.decay, h.keep, step)";
  const orders: [string, string][] = [
    ["decay by a float32 1 - lr λ", "h.keep * param[at.param] - step"],
    ["the shrink rounded before the step", "(param[at.param] - h.decay * param[at.param]) - step"],
    ["the step rounded before the shrink", "(param[at.param] - step) - h.decay * param[at.param]"],
  ];
  const runs: [Decoupled, number][] = [
    ["sgdw", 1e-3],
    ["adamw", 1e-6],
  ];
  const mutated = orders.flatMap(([mistake, wrong]) => runs.map(([rule, lr]) => [mistake, rule, lr, wrong] as const));

  test.each(mutated)("mutant: %s is caught, %s at lr %d", async (_mistake, rule, lr, wrong) => {
    const mutate = inShader(`shaders/optim/${rule}.wgsl`, call, wrong);
    const ratios = (await realisedDecay(gpu, rule, lr, "accurate", mutate)).map(({ ratio }) => ratio);
    expect(ratios.filter((ratio) => ratio < 0.99 || ratio > 1.01)).not.toEqual([]);
  });
});

test("a mutation that finds nothing to change is an error", () => {
  const uses = () => false;
  const absent = inShader(moments, "m[i] + v[i]", "0")(adamw());
  expect(() => absent.variant(uses)).toThrow('"m[i] + v[i]" is there 0 times');
  const elsewhere = inShader("shaders/optim/sgd.wgsl", "p", "q")(adamw());
  expect(() => elsewhere.variant(uses)).toThrow("adamw: no part shaders/optim/sgd.wgsl");
});
