/** The reference against published implementations of the rules that PyTorch does not have: test/fixtures/beyondTorch.json. */
import { expect, test } from "vitest";
import {
  type BeyondTorchRow,
  beyondTorchFixtures,
  beyondTorchRow,
  decode,
  traceBeyond,
  worstError,
} from "../parity/beyondTorch.ts";
import { fixtureSteps, torchFixtures, ulp } from "../parity/fixtures.ts";
import { ruleOf } from "../parity/rules.ts";
import { hyperAt, type Row, rowsAround, rowsBeyondTorch, table, torchRows } from "../parity/table.ts";

/**
 * In ulps of the largest magnitude that an element has had, over 50 steps. What is installed fuses multiply-adds, and
 * optax's m is the sum of two products where `accurate` takes the lerp: the worst of all rows without norms is 6.5. Norms
 * are added up in another order, and with a row's ratio all of the tensor is off alike: at most 8, or what the row says.
 */
const float32Bound = 8;
/** Of that magnitude. The worst of all rows is 3.3e-15, where x and y are computed in another order. */
const float64Bound = 1e-14;

const nameOf = ({ rule, desc }: Pick<Row, "rule" | "desc">): string => `${rule}: ${desc}`;
const named = rowsBeyondTorch.map((row) => [nameOf(row), row] as const);
const runsOf = (row: Row) => Object.entries(beyondTorchRow(row).runs);

test("every row of the table but what is ours alone has its oracle, PyTorch or another, and only one", () => {
  const oracles = [...torchFixtures.rows, ...beyondTorchFixtures.rows].map(nameOf);
  expect(oracles.toSorted()).toEqual([...torchRows, ...rowsBeyondTorch].map(nameOf).toSorted());
  expect(table).toEqual([...torchRows, ...rowsBeyondTorch, ...rowsAround]);
  const isOurs = ({ hyper }: Row): boolean => Boolean(hyper.towardsStart || hyper.cautious);
  expect(table.filter(isOurs)).toEqual(rowsAround);
});

test.each(named)("%s: the implementations were given the row's hyperparameters and no others", (_, row) => {
  const { hyper, runs } = beyondTorchRow(row);
  expect(Object.keys(runs).length).toBeGreaterThan(0);
  for (let t = 1; t <= fixtureSteps; t++) expect(Array.isArray(hyper) ? hyper[t - 1] : hyper).toEqual(hyperAt(row, t));
});

test.each(named)("%s: in float64, both profiles are the published update", (_, row) => {
  for (const profile of ["torch", "accurate"] as const) {
    const { tensors, scales } = traceBeyond(row, "float64", profile);
    for (const [by, { float64 }] of runsOf(row)) {
      const error = worstError(tensors, decode(float64, "float64"), scales, (scale) => scale);
      expect(error, `${by}, ${profile}`).toBeLessThanOrEqual(float64Bound);
    }
  }
});

test.each(named)(
  "%s: each operation rounded on its own, PyTorch's optimizer is the torch profile to the bit",
  (_, row) => {
    const { tensors, scales } = traceBeyond(row, "float32", "torch");
    const rounded = runsOf(row).flatMap(([, { correctlyRounded }]) => (correctlyRounded ? [correctlyRounded] : []));
    expect(rounded.length).toBeGreaterThan(0);
    for (const bits of rounded) expect(worstError(tensors, decode(bits, "float32"), scales, ulp)).toBe(0);
  },
);

test.each(named)("%s: as installed, it is within 8 ulp of the profile that sums in its order", (_, row) => {
  expect(worstAsInstalled(row, beyondTorchRow(row))).toBeLessThanOrEqual(row.fusedUlps ?? float32Bound);
});

/** [what is wrong, the row, the row run instead] */
const mutants: [string, Row, Row][] = [
  mutant("2 λ", "lion: tiny decay", { hyper: { lr: 1e-4, weightDecay: 2e-2 } }),
  mutant("betas swapped", "lion: short memory", { hyper: { lr: 1e-2, beta1: 0.6, beta2: 0.3, weightDecay: 0.1 } }),
  mutant("gradient ascent", "lion: maximize, decay", { hyper: { lr: 1e-2, weightDecay: 0.1 } }),
  mutant("2 λ", "adan: tiny decay", { hyper: { lr: 1e-4, weightDecay: 2e-2 } }),
  mutant("no differences", "adan: defaults", { hyper: { beta2: 0 } }),
  mutant("the paper's β₂, 1 - ours", "adan: large lr", { hyper: { lr: 0.1, beta2: 0.08 } }),
  mutant("eps left out", "adan: large eps", { hyper: { lr: 1e-2, eps: 1e-30, weightDecay: 0.1 } }),
  mutant("2 λ", "lamb: strong decay", { hyper: { lr: 1e-2, weightDecay: 1 } }),
  mutant("Adam's step", "lamb: no decay, always adapt", { hyper: { lr: 1e-2, weightDecay: 0 } }),
  mutant("always the ratio", "lamb: no decay", { hyper: { lr: 1e-2, weightDecay: 0, alwaysAdapt: true } }),
  mutant("gradient ascent", "lamb: maximize, decay", { hyper: { lr: 1e-2, weightDecay: 0.1 } }),
  mutant("eps left out", "lars: large eps", {
    hyper: { weightDecay: 0.1, trustCoefficient: 0.01 },
  }),
  mutant("SGD's step", "lars: always adapt", { hyper: { trustCoefficient: 0.02 } }),
  mutant("not Nesterov", "lars: nesterov, weight decay", {
    hyper: { momentum: 0.9, weightDecay: 0.1, trustCoefficient: 0.01, eps: 1e-30 },
  }),
  mutant("2 λ", "stableAdamw: tiny decay", { hyper: { lr: 1e-4, weightDecay: 2e-2 } }),
  mutant("AdamW", "stableAdamw: clipped hard", { rule: "adamw" }),
  mutant("2 λ", "scheduleFreeAdamw: tiny decay", { hyper: { lr: 1e-4, weightDecay: 2e-2 } }),
  mutant("no warm-up", "scheduleFreeAdamw: warm-up, decay", { hyper: { lr: 1e-2, weightDecay: 0.1 } }),
  mutant("equal weights", "scheduleFreeAdamw: weights that grow, decay", { hyper: { lr: 1e-2, weightDecay: 0.1 } }),
  mutant("weights by lr, not its square", "scheduleFreeAdamw: raised lr, decay", {
    hyper: { weightDecay: 0.1, weightLrPower: 1 },
  }),
  mutant("betas swapped", "scheduleFreeAdamw: long memory", { hyper: { lr: 1e-2, beta1: 0.95, beta2: 0.98 } }),
  mutant("momentum left at its default", "scheduleFreeSgd: little momentum, decay", {
    hyper: { lr: 0.1, weightDecay: 0.1 },
  }),
  mutant("gradient ascent", "scheduleFreeSgd: maximize, decay", { hyper: { lr: 0.1, weightDecay: 0.1 } }),
  mutant("SGD, not averaged", "scheduleFreeSgd: defaults", { hyper: { momentum: 1e-6 } }),
  mutant("schedule a step late", "lion: cosine lr, decay", {
    vary: (t) => find("lion: cosine lr, decay").vary!(t + 1),
  }),
];

test.each(mutants)("out of bounds: %s", (_, row, wrong) => {
  expect(worstAsInstalled(wrong, beyondTorchRow(row))).toBeGreaterThan(float32Bound);
});

test.each([...new Set(rowsBeyondTorch.map(({ rule }) => rule))])("%s has the published defaults", (rule) => {
  const { betas = [], ...others } = beyondTorchFixtures.defaults[rule];
  const numbered = betas.map((beta, i) => [`beta${i + 1}`, beta]);
  const named = Object.entries(others).map(([name, value]) => [ourNames[name] ?? name, value]);
  const off = { maximize: false, towardsStart: false, cautious: false };
  expect({ ...off, ...Object.fromEntries([...numbered, ...named]) }).toMatchObject(ruleOf(rule)({}).hyperAt(1));
});

const ourNames: Readonly<Record<string, string>> = {
  weight_decay: "weightDecay",
  trust_coeff: "trustCoefficient",
  always_adapt: "alwaysAdapt",
  warmup_steps: "warmup",
  weight_lr_power: "weightLrPower",
};

/** The worst error of float32 runs, in ulps: PyTorch's optimizers shrink first, and optax's Lion sums decay and step. */
function worstAsInstalled(row: Row, { runs }: BeyondTorchRow): number {
  const errors = Object.entries(runs).map(([by, { float32 }]) => {
    if (!float32) return 0;
    const { tensors, scales } = traceBeyond(
      row,
      "float32",
      by === "optax" && row.rule === "lion" ? "accurate" : "torch",
    );
    return worstError(tensors, decode(float32, "float32"), scales, ulp);
  });
  return Math.max(...errors);
}

function find(name: string): Row {
  return rowsBeyondTorch.find((row) => nameOf(row) === name)!;
}

function mutant(wrong: string, name: string, other: Partial<Row>): [string, Row, Row] {
  return [wrong, find(name), { ...find(name), ...other }];
}
