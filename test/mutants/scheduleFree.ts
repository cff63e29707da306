/** The mistakes that schedule-free rules invite. */
import { resolvedHyper } from "../parity/rules.ts";
import type { Row } from "../parity/table.ts";
import { inHyper, inMemory, inScalars, inShader } from "./mutations.ts";
import type { Mutant } from "./table.ts";

const rules = ["scheduleFreeAdamw", "scheduleFreeSgd"] as const;
const shader = "shaders/optim/parts/scheduleFree.wgsl";
const zBefore = "select(z[at.state], y, isFirst(at))";

/** Where the average weighs points by learning rates that are not all the same. */
const weighs = ({ vary, hyper }: Row): boolean => vary !== undefined && hyper.weightLrPower !== 0;
/** A decay of 1e-6 a step is the same wherever it is taken, to any gate that a GPU can pass. */
const decays = (row: Row): boolean => Number(resolvedHyper(row, 1).weightDecay) >= 0.1;

export const scheduleFreeMutants: readonly Mutant[] = [
  {
    mistake: "z from zero",
    rules,
    mutate: inShader(shader, zBefore, "z[at.state]"),
  },
  {
    mistake: "c off by one, as if a step more had been averaged",
    rules,
    mutate: inScalars((hyper, t, right, _, memory) => {
      const share = right(hyper, t).share as number;
      return right(hyper, t, { ...memory, weightSum: Number(memory.weightSum) * (1 + share) });
    }),
  },
  {
    mistake: "y moved towards z after its step",
    rules,
    mutate: inScalars((hyper, t, right) => {
      const s = right(hyper, t) as Record<"share" | "stepSize" | "stepSizeAtY" | "decay" | "decayAtY", number>;
      return { ...s, stepSizeAtY: s.stepSizeAtY + s.share * s.stepSize, decayAtY: s.decayAtY + s.share * s.decay };
    }),
  },
  {
    mistake: "the whole step at y",
    rules,
    mutate: inScalars((hyper, t, right) => ({ ...right(hyper, t), stepSizeAtY: Number(right(hyper, t).stepSize) })),
  },
  {
    mistake: "the decay at z",
    rules,
    mutate: inShader(shader, "u, decaying(y, at), h)", `u, ${zBefore}, h)`),
    where: decays,
  },
  {
    mistake: "no decay of y",
    rules,
    mutate: inScalars((hyper, t, right) => ({ ...right(hyper, t), decayAtY: 0, weightDecay: 0 })),
    where: decays,
  },
  {
    mistake: "the learning rates so far forgotten, the sum made of the present one",
    rules,
    mutate: inMemory((_, hyper, t, right) => {
      let memory = {};
      for (let s = 1; s <= t; s++) memory = right(memory, hyper, s);
      return memory;
    }),
    where: weighs,
  },
  {
    mistake: "weights by the present learning rate, not by the largest",
    rules,
    mutate: inMemory((before, hyper, t, right) => right({ ...before, lrMax: 0 }, hyper, t)),
    where: weighs,
  },
  {
    mistake: "warm-up ignored",
    rules,
    mutate: inHyper((hyper) => ({ ...hyper, warmup: 0 })),
    where: ({ hyper }) => Boolean(hyper.warmup),
  },
  {
    mistake: "warm-up from zero",
    rules,
    mutate: inScalars((hyper, t, right) => right({ ...hyper, warmup: hyper.warmup ? Number(hyper.warmup) + 1 : 0 }, t)),
    where: ({ hyper }) => Boolean(hyper.warmup),
  },
  {
    mistake: "r ignored",
    rules,
    mutate: inHyper((hyper) => ({ ...hyper, r: 0 })),
    where: ({ hyper }) => Boolean(hyper.r),
  },
  {
    mistake: "weightLrPower ignored",
    rules: ["scheduleFreeAdamw"],
    mutate: inHyper((hyper) => ({ ...hyper, weightLrPower: 2 })),
    where: ({ hyper, vary }) => vary !== undefined && hyper.weightLrPower !== undefined,
  },
  {
    mistake: "no bias correction",
    rules: ["scheduleFreeAdamw"],
    mutate: inScalars((hyper, t, right) => ({ ...right(hyper, t), biasCorrection2: 1 })),
  },
  {
    mistake: "eps inside the root",
    rules: ["scheduleFreeAdamw"],
    mutate: inShader(
      "shaders/optim/scheduleFreeAdamw.wgsl",
      "(sqrt(vNow / h.biasCorrection2) + h.eps)",
      "sqrt(vNow / h.biasCorrection2 + h.eps)",
    ),
  },
];
