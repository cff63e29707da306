/** The mutants of Adafactor: what its matrices, its sums and its relative steps can be got wrong in. */
import { cases } from "../parity/cases.ts";
import type { Row } from "../parity/table.ts";
import { inHyper, inScalars, inShader } from "./mutations.ts";
import type { Mutant } from "./table.ts";

const estimate = "shaders/optim/adafactor.wgsl";
const update = "shaders/optim/factors/update.wgsl";
const lines = "shaders/optim/factors/lines.wgsl";
const measure = "shaders/optim/factors/measure.wgsl";

const isMatrix = ({ shape = [] }: Row): boolean => shape.length > 1;
const decays = ({ hyper }: Row): boolean => Number(hyper.weightDecay) > 0;
/** Where eps2 is 1, no RMS(p) is above it. */
const stepsByWeights = ({ hyper }: Row): boolean => hyper.eps2 === undefined;
const batches = cases.filter(({ rule, name }) => rule === "adafactor" && name.endsWith("· [4, 3, 3, 3]"));

const mutant = (mistake: string, mutate: Mutant["mutate"], where: Required<Mutant>["where"] = () => true): Mutant => ({
  mistake,
  rules: ["adafactor"],
  mutate,
  where,
});

export const adafactorMutants: readonly Mutant[] = [
  mutant(
    "rows and columns swapped",
    inShader(
      estimate,
      "packed[at.pack + row], packed[colVar + matrix * at.columns + column]",
      "packed[at.pack + min(column, at.rows - 1u)], packed[colVar + min(row, at.columns - 1u)]",
    ),
    isMatrix,
  ),
  mutant(
    "lengths of rows and columns swapped",
    inShader(lines, "mean(sum, axis.lineLength)", "mean(sum, axis.lineCount)"),
    isMatrix,
  ),
  mutant("the mean of rowVar left out", inShader(estimate, "max(packed[means + matrix], h.eps1)", "1.0"), isMatrix),
  {
    ...mutant("a batch taken for one matrix", inShader(estimate, "let matrix = row / at.rows;", "let matrix = 0u;")),
    on: batches,
  },
  mutant(
    "the square of this step left out",
    inShader(
      measure,
      "let now = lerp(estimate(at, h), g * g, h.oneMinusBeta2, h.beta2);",
      "let now = estimate(at, h);",
    ),
    (row) => !isMatrix(row),
  ),
  mutant(
    "eps1 not squared",
    inScalars((hyper, t, right) => ({ ...right(hyper, t), eps1Squared: Number(hyper.eps1) })),
    // In a matrix no V is as small as the default.
    (row) => !isMatrix(row) || row.hyper.eps1 !== undefined,
  ),
  mutant(
    "eps1 ignored",
    inHyper((hyper) => ({ ...hyper, eps1: 2 ** -23 })),
    ({ hyper }) => hyper.eps1 !== undefined,
  ),
  mutant(
    "steps not clipped",
    inShader(update, "max(1.0, rms(total(at, 0u), at) / h.d)", "1.0"),
    // The RMS of a vector's U is hardly ever above 1.
    (row) => isMatrix(row) && row.hyper.eps1 === undefined && row.hyper.d === undefined,
  ),
  mutant(
    "d ignored",
    inHyper((hyper) => ({ ...hyper, d: 1 })),
    ({ hyper }) => hyper.d !== undefined,
  ),
  mutant(
    "steps that do not grow with the weights",
    inShader(update, "max(h.eps2, rms(total(at, 1u), at)) * h.rho", "h.rho"),
    stepsByWeights,
  ),
  mutant(
    "eps2 ignored",
    inHyper((hyper) => ({ ...hyper, eps2: 0 })),
    ({ hyper }) => hyper.eps2 !== undefined,
  ),
  mutant(
    "RMS(p) after the decay",
    inShader(measure, "let p = loadParam(at);", "let p = h.keep * loadParam(at);"),
    decays,
  ),
  mutant("RMS(U) and RMS(p) swapped", inShader(measure, "(u * u, p * p)", "(p * p, u * u)"), stepsByWeights),
  mutant(
    "beta2 a step late",
    inScalars((hyper, t, right) => {
      const { oneMinusBeta2, beta2 } = right(hyper, t + 1);
      return { ...right(hyper, t), oneMinusBeta2: oneMinusBeta2!, beta2: beta2! };
    }),
  ),
  mutant(
    "steps that time does not shorten",
    inScalars((hyper, t, right) => ({ ...right(hyper, t), rho: Number(hyper.lr) })),
    ({ vary }) => vary !== undefined,
  ),
  mutant(
    "steps that lr does not cap",
    inScalars((hyper, t, right) => ({ ...right(hyper, t), rho: 1 / Math.sqrt(t) })),
  ),
  mutant(
    "the shrink after the step",
    inShader(
      update,
      "storeParam(at, shrinkThenStep(loadParam(at), at, h.decay, h.keep, stepSize * u));",
      "let stepped = loadParam(at) - stepSize * u;\n  storeParam(at, stepped - h.decay * stepped);",
    ),
    decays,
  ),
];
