/** Mutants of Muon: each on a matrix of 13 rows and 5 columns, which is transposed, and longer than it is wide. */
import { muon } from "../../src/optim/index.ts";
import { adjustments } from "../../src/optim/muon/matrix.ts";
import { cases } from "../parity/cases.ts";
import { resolvedHyper } from "../parity/rules.ts";
import type { Row } from "../parity/table.ts";
import { asRule, inScalars, inShader } from "./mutations.ts";
import type { Mutant } from "./table.ts";

const on = cases
  .filter(({ rule, name }) => rule === "muon" && name.endsWith("accurate · [3, 5]"))
  .map((test) => ({ ...test, tensors: [{ name: "w", shape: [13, 5], paramGroup: 0 }] }));
const adjusted = adjustments([13, 5]);

const file = (name: string): string => `shaders/optim/muon/${name}.wgsl`;
const hyper = (row: Row) => resolvedHyper(row, 1);
const decays = (row: Row): boolean => Number(hyper(row).weightDecay) > 0;
const mutant = (mistake: string, mutate: Mutant["mutate"], where?: Mutant["where"]): Mutant => ({
  mistake,
  rules: ["muon"],
  mutate,
  on,
  ...(where && { where }),
});

const norm = "sqrt(totals[matrix.tensor])";

export const muonMutants: readonly Mutant[] = [
  mutant("a tall matrix taken for a wide one", inShader(file("matrices"), "matrix.rows > matrix.columns", "false")),
  mutant("the norm not taken", inShader(file("matrices"), `1.0 / max(${norm}, h.eps)`, "1.0")),
  mutant(
    "eps ignored",
    inShader(file("matrices"), `max(${norm}, h.eps)`, norm),
    ({ desc }) => desc === "a norm below eps",
  ),
  mutant("X not divided by the norm, only A", inShader(file("combine"), "* terms.inverseNorm", "")),
  mutant(
    "Nesterov's lerp turned round",
    inShader(file("ahead"), "lerp(g, b, h.momentum,", "lerp(b, g, h.momentum,"),
    (row) => hyper(row).nesterov === true,
  ),
  mutant(
    "Nesterov's momentum ignored",
    inScalars((values, t, right) => ({ ...right(values, t), nesterov: 0 })),
    (row) => hyper(row).nesterov === true,
  ),
  mutant(
    "a velocity that sums, and does not average",
    inShader(
      file("ahead"),
      "lerp(velocity[at.state], g, h.oneMinusMomentum, h.momentum)",
      "h.momentum * velocity[at.state] + g",
    ),
  ),
  mutant(
    "the other adjustment",
    inScalars((values, t, right) => {
      const scalars = right(values, t);
      return { ...scalars, matchesRmsAdamw: 1 - Number(scalars.matchesRmsAdamw) };
    }),
  ),
  mutant(
    "a decay by the learning rate as it is adjusted",
    inScalars((values, t, right) => {
      const factor = adjusted[values.adjust as keyof typeof adjusted];
      return right({ ...values, weightDecay: Number(values.weightDecay) * factor }, t);
    }),
    decays,
  ),
  mutant(
    "a coefficient that is off in its fourth digit",
    inScalars((values, t, right) => {
      const scalars = right(values, t);
      return { ...scalars, nsC: Number(scalars.nsC) + 0.002 };
    }),
    ({ desc }) => desc !== "a norm below eps", // where X is so small that aX is all there is
  ),
  mutant("c A without its square", inShader(file("polynomial"), "terms.c * sum", "terms.c * source[at]")),
  mutant(
    "one Newton-Schulz step too few",
    asRule((options) => muon({ ...options, nsSteps: 4 })),
    ({ hyper: { nsSteps } }) => nsSteps === undefined,
  ),
  mutant("X of the last step adjusted in every one", inShader(file("matrices"), "phase.isLast != 0u", "true")),
];
