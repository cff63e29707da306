/** The mutants of the update rules and the cases that have to find them. Each mistake is one that somebody has made. */
import { adam, adamw } from "../../src/optim/index.ts";
import { cases, type ParityCase } from "../parity/cases.ts";
import { optionsOf, resolvedHyper } from "../parity/rules.ts";
import type { Mutation } from "../parity/runCase.ts";
import { shapeFor } from "../parity/shapes.ts";
import { type Row, type RuleName, ruleNames } from "../parity/table.ts";
import { adafactorMutants } from "./adafactor.ts";
import { asRule, inHyper, inScalars, inShader } from "./mutations.ts";
import { scheduleFreeMutants } from "./scheduleFree.ts";

/** One size of each row: a vector, or a matrix where the row is of such, which is small since most passes are slow here. */
export const sized = cases
  .filter(({ name, storage }) => (name.endsWith("· 257 elements") || name.endsWith("· [40, 70]")) && !storage)
  .map((test) =>
    test.name.endsWith("· [40, 70]")
      ? {
          ...test,
          name: test.name.replace("[40, 70]", "[12, 20]"),
          tensors: [{ name: "w", shape: [12, 20], paramGroup: 0 }],
        }
      : test,
  );

/** A matrix that decays and, in the same group, a bias and a norm that are exempt: for rows with a decay that 50 steps show. */
export const exempting = sized
  .filter(({ rows: [row] }) => (row?.hyper.weightDecay ?? 0) >= 0.1)
  .map((test) => ({
    ...test,
    name: `${test.name}, with exempt tensors`,
    exempt: true,
    tensors: [
      { name: "fc.weight", shape: [16, 32], paramGroup: 0 },
      { name: "fc.bias", shape: shapeFor(test.rule, 32), paramGroup: 0 },
      ...(test.rule === "muon" ? [] : [{ name: "norm.weight", shape: [32], paramGroup: 0 }]),
    ],
  }));

export interface Mutant {
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
const decoupled = ["adamw", "sgdw", "lion"] as const;

/** Whether a hyperparameter is, or becomes, anything but 0 or false; a rule's own default does not count. */
const has =
  (name: string) =>
  (row: Row): boolean =>
    Boolean(optionsOf(row)[name]);
const decays = (row: Row): boolean => Number(resolvedHyper(row, 1).weightDecay) > 0;

export const moments = "shaders/optim/parts/adamStep.wgsl";
const denominator = "sqrt(largest(now.v, at.state)) / h.rootBiasCorrection2 + h.eps";
const write = "storeParam(at, shrinkThenStep(loadParam(at), at, h.decay, h.keep, step));";
const shrinkAfterStep = "let stepped = loadParam(at) - step;\n  storeParam(at, stepped - h.decay * stepped);";

export const mutants: readonly Mutant[] = [
  ...adafactorMutants,
  {
    mistake: "eps inside the root",
    rules: adams,
    mutate: inShader(moments, denominator, "sqrt(largest(now.v, at.state) + h.eps) / h.rootBiasCorrection2"),
  },
  {
    mistake: "eps beside the root, but before its bias correction",
    rules: adams,
    mutate: inShader(moments, denominator, "(sqrt(largest(now.v, at.state)) + h.eps) / h.rootBiasCorrection2"),
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
    rules: [...adams, "lion"],
    where: ({ hyper: { beta1, beta2 } }) => beta1 === undefined || beta1 !== beta2,
    mutate: inScalars((hyper, t, right) => right({ ...hyper, beta1: hyper.beta2!, beta2: hyper.beta1! }, t)),
  },
  {
    mistake: "weight decay through the moments, AdamW as Adam",
    rules: ["adamw"],
    mutate: asRule(adam),
    where: (row) => decays(row) && !has("cautious")(row), // which Adam cannot be
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
    mutate: inHyper((hyper) => ({ ...hyper, maximize: false })),
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
  {
    mistake: "centered ignored",
    rules: ["rmsprop"],
    mutate: inShader("shaders/optim/parts/centered.wgsl", "max(vNow - gAvgNow * gAvgNow, Wide())", "vNow"),
    where: has("centered"),
  },
  {
    mistake: "eps inside the root",
    rules: ["rmsprop"],
    mutate: inShader(
      "shaders/optim/rmsprop.wgsl",
      "sqrt(variance(vNow, g, at.state, h)) + h.eps",
      "sqrt(variance(vNow, g, at.state, h) + h.eps)",
    ),
  },
  {
    mistake: "a velocity of gradients, normalized afterwards",
    rules: ["rmsprop"],
    mutate: inShader(
      "shaders/optim/parts/normalizedVelocity.wgsl",
      "velocity[i] + g / denominator;\n  velocity[i] = b;\n  return h.lr * b;",
      "velocity[i] + g;\n  velocity[i] = b;\n  return h.lr * b / denominator;",
    ),
    where: has("momentum"),
  },
  {
    mistake: "a difference at the first step too",
    rules: ["adan"],
    mutate: inScalars((hyper, t, right) => ({ ...right(hyper, t), differenceShare: 1 })),
    where: ({ hyper }) => hyper.beta2 !== 0,
  },
  {
    mistake: "the differences left out of the squares",
    rules: ["adan"],
    mutate: inShader("shaders/optim/adan.wgsl", "g + h.beta2 * d", "g"),
    where: ({ hyper }) => hyper.beta2 !== 0,
  },
  {
    mistake: "the shrink after the step",
    rules: ["adan"],
    mutate: inShader(
      "shaders/optim/adan.wgsl",
      "if (TORCH) {",
      "if (true) {\n    return (p - (a + b) / denominator) * h.keep;",
    ),
    // A decay of 1e-6 a step, after a step or before it, is the same to any gate that a GPU can pass.
    where: ({ hyper }) => Number(hyper.weightDecay) >= 0.1,
  },
  {
    mistake: "lrDecay ignored",
    rules: ["adagrad"],
    mutate: inScalars((hyper, t, right) => right({ ...hyper, lrDecay: 0 }, t)),
    where: has("lrDecay"),
  },
  {
    mistake: "lrDecay a step early",
    rules: ["adagrad"],
    mutate: inScalars((hyper, t, right) => right(hyper, t + 1)),
    where: has("lrDecay"),
  },
  {
    mistake: "the square of this step left out",
    rules: ["adagrad"],
    mutate: inShader("shaders/optim/adagrad.wgsl", "sqrt(sumNow)", "sqrt(sumNow - g * g)"),
  },
  {
    mistake: "eps beside the roots",
    rules: ["adadelta"],
    mutate: inShader(
      "shaders/optim/adadelta.wgsl",
      "sqrt(vDeltaBefore + h.eps) / sqrt(vNow + h.eps)",
      "(sqrt(vDeltaBefore) + h.eps) / (sqrt(vNow) + h.eps)",
    ),
  },
  {
    mistake: "steps averaged after the learning rate",
    rules: ["adadelta"],
    mutate: inShader(
      "shaders/optim/adadelta.wgsl",
      "secondMoment(vDeltaBefore, delta,",
      "secondMoment(vDeltaBefore, h.lr * delta,",
    ),
    where: ({ hyper, vary }) => hyper.lr !== undefined || vary !== undefined,
  },
  {
    mistake: "no bias correction",
    rules: ["adamax"],
    mutate: inScalars((hyper, t, right) => ({ ...right(hyper, t), stepSize: Number(hyper.lr) })),
  },
  {
    mistake: "the norm without its memory",
    rules: ["adamax"],
    mutate: inShader(
      "shaders/optim/adamax.wgsl",
      "max(h.beta2 * u[at.state], abs(g) + h.eps)",
      "0.0 * u[at.state] + abs(g) + h.eps",
    ),
  },
  {
    mistake: "the product of μ left out",
    rules: ["nadam"],
    mutate: inScalars((hyper, t, right) => ({ ...right(hyper, t), gradientStep: Number(hyper.lr) })),
  },
  {
    mistake: "momentumDecay ignored",
    rules: ["nadam"],
    mutate: inScalars((hyper, t, right) => right({ ...hyper, momentumDecay: 0 }, t)),
  },
  {
    mistake: "t off by one",
    rules: ["nadam", "radam"],
    mutate: inScalars((hyper, t, right) => right(hyper, t + 1)),
  },
  {
    mistake: "decoupled taken for coupled, and the other way round",
    rules: ["nadam", "radam"],
    mutate: inScalars((hyper, t, right) => right({ ...hyper, decoupled: !hyper.decoupled }, t)),
    where: decays,
  },
  {
    mistake: "rectified from the first step",
    rules: ["radam"],
    mutate: inScalars((hyper, t, right) => ({ ...right(hyper, t), rectified: 1 })),
  },
  ...scheduleFreeMutants,
];
