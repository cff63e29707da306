/** Mutants of the rules that take the norm of a tensor. */
import { resolvedHyper } from "../parity/rules.ts";
import type { Row } from "../parity/table.ts";
import { inScalars, inShader } from "./mutations.ts";
import { exempting, type Mutant } from "./table.ts";

const part = (name: string): string => `shaders/optim/parts/${name}.wgsl`;

const decays = (row: Row): boolean => Number(resolvedHyper(row, 1).weightDecay) > 0;
const adapts = (row: Row): boolean => decays(row) || row.hyper.alwaysAdapt === true;
const only =
  (...names: string[]) =>
  ({ desc }: Row): boolean =>
    names.includes(desc);

const norms = "sqrt(total(at, 0u)), sqrt(total(at, 1u))";
const shrinkThenStep = "at, h.decay / clip, 1.0 - h.weightDecay * rate, step";

export const normsMutants: readonly Mutant[] = [
  ...(["lamb", "lars"] as const).flatMap((rule) => [
    {
      mistake: "the ratio of the norms left out",
      rules: [rule],
      mutate: inScalars((hyper, t, right) => ({ ...right(hyper, t), adapts: 0 })),
      where: adapts,
    },
    {
      mistake: "the ratio of the squares of the norms",
      rules: [rule],
      mutate: inShader(part(`${rule}Update`), norms, "total(at, 0u), total(at, 1u)"),
      where: adapts,
    },
    {
      mistake: "the norms changed about",
      rules: [rule],
      mutate: inShader(part(`${rule}Update`), norms, "sqrt(total(at, 1u)), sqrt(total(at, 0u))"),
      where: adapts,
    },
    {
      mistake: "the ratio where nothing decays",
      rules: [rule],
      mutate: inScalars((hyper, t, right) => ({ ...right(hyper, t), adapts: 1 })),
      where: (row: Row) => !adapts(row),
    },
    {
      mistake: "exempt tensors scaled all the same",
      rules: [rule],
      mutate: inScalars((hyper, t, right) => ({ ...right(hyper, t), adapts: 1 })),
      on: exempting,
    },
  ]),
  {
    mistake: "λ p left out of the direction's norm",
    rules: ["lamb"],
    mutate: inShader(part("lambMeasure"), "direction(", "-h.weightDecay * p + direction("),
    where: (row) => Number(row.hyper.weightDecay) >= 0.1,
  },
  {
    mistake: "λ p beside the ratio, as AdamW's",
    rules: ["lamb"],
    mutate: inShader(
      part("lambUpdate"),
      "p - scaled(u, ratio, h)",
      "p - scaled(u - h.weightDecay * p, ratio, h) - h.lr * h.weightDecay * p",
    ),
    where: (row) => Number(row.hyper.weightDecay) >= 0.1,
  },
  {
    mistake: "eps inside the root",
    rules: ["lamb"],
    mutate: inShader("shaders/optim/lamb.wgsl", "sqrt(now.v)", "sqrt(now.v + h.eps)"),
  },
  {
    mistake: "no bias correction of the second moment",
    rules: ["lamb"],
    mutate: inScalars((hyper, t, right) => ({ ...right(hyper, t), rootBiasCorrection2: 1 })),
    where: (row) => !adapts(row),
  },
  {
    mistake: "λ p in the gradient's norm, as optax has it",
    rules: ["lars"],
    mutate: inShader(
      part("larsMeasure"),
      "let g = gradient(at);",
      "let g = gradient(at) + h.weightDecay * loadParam(at);",
    ),
    where: decays,
  },
  {
    mistake: "λ ‖p‖ left out of the ratio",
    rules: ["lars"],
    mutate: inShader(part("larsUpdate"), "(gNorm + h.weightDecay * pNorm)", "gNorm"),
    where: decays,
  },
  {
    mistake: "eps left out of the ratio",
    rules: ["lars"],
    mutate: inScalars((hyper, t, right) => ({ ...right(hyper, t), eps: 0 })),
    where: only("large eps"),
  },
  {
    mistake: "the decay not scaled",
    rules: ["lars"],
    mutate: inShader(
      part("larsUpdate"),
      "ratio * (gradient(at) + h.weightDecay * decaying(p, at))",
      "ratio * gradient(at) + h.weightDecay * decaying(p, at)",
    ),
    where: decays,
  },
  {
    mistake: "Nesterov's momentum ignored",
    rules: ["lars"],
    mutate: inScalars((hyper, t, right) => right({ ...hyper, nesterov: false }, t)),
    where: only("nesterov, weight decay"),
  },
  {
    mistake: "dampening at the first step too",
    rules: ["lars"],
    mutate: inScalars((hyper, t, right) => ({ ...right(hyper, t), gradientShare: 1 - Number(hyper.dampening) })),
    where: only("momentum, dampening, weight decay"),
  },
  {
    mistake: "RMS not held at 1",
    rules: ["stableAdamw"],
    mutate: inShader(
      part("stableAdamwUpdate"),
      "max(1.0, sqrt(total(at, 0u) / total(at, 1u)))",
      "sqrt(total(at, 0u) / total(at, 1u))",
    ),
  },
  {
    mistake: "RMS left out",
    rules: ["stableAdamw"],
    mutate: inShader(part("stableAdamwUpdate"), "max(1.0, sqrt(total(at, 0u) / total(at, 1u)))", "1.0"),
    where: only("clipped hard"),
  },
  {
    mistake: "the mean square for its root",
    rules: ["stableAdamw"],
    mutate: inShader(part("stableAdamwUpdate"), "sqrt(total(at, 0u) / total(at, 1u))", "total(at, 0u) / total(at, 1u)"),
    where: only("clipped hard"),
  },
  {
    mistake: "a mean over the padding",
    rules: ["stableAdamw"],
    mutate: inShader(part("stableAdamwMeasure"), "Wide(1.0)", "Wide(4.0 / f32(at.count))"),
    where: only("clipped hard"),
  },
  {
    mistake: "a mean of the squares over v without this gradient",
    rules: ["stableAdamw"],
    mutate: inShader(
      part("stableAdamwMeasure"),
      "let now = updateMoments(g, at, h);",
      "var now = Moments(m[at.state], v[at.state]);\n  updateMoments(g, at, h);",
    ),
  },
  {
    mistake: "the decay at the whole learning rate",
    rules: ["stableAdamw"],
    mutate: inShader(part("stableAdamwUpdate"), shrinkThenStep, "at, h.decay, 1.0 - h.weightDecay * h.lr, step"),
    where: only("clipped hard"),
  },
  {
    mistake: "no bias correction",
    rules: ["stableAdamw"],
    mutate: inScalars((hyper, t, right) => ({
      ...right(hyper, t),
      beta1: Number(hyper.beta1),
      oneMinusBeta1: 1 - Number(hyper.beta1),
    })),
  },
];
