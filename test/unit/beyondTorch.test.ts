/** The reference against published implementations of the rules that PyTorch does not have: test/fixtures/beyondTorch.json. */
import { expect, test } from "vitest";
import { adan, lion } from "../../src/optim/index.ts";
import {
  type BeyondTorchRow,
  beyondTorchFixtures,
  beyondTorchRow,
  decode,
  traceBeyond,
  worstError,
} from "../parity/beyondTorch.ts";
import { fixtureSteps, torchFixtures, ulp } from "../parity/fixtures.ts";
import { hyperAt, type Row, rowsBeyondTorch, table, torchRows } from "../parity/table.ts";

/**
 * In ulps of the largest magnitude that an element has had, over 50 steps. What is installed fuses multiply-adds, and
 * optax's m is the sum of two products where `accurate` takes the lerp: the worst of all rows is 6.5.
 */
const float32Bound = 8;
/** Of that magnitude. The worst of all rows is 3.2e-15, where the decay is summed in another order. */
const float64Bound = 1e-14;

const nameOf = ({ rule, desc }: Pick<Row, "rule" | "desc">): string => `${rule}: ${desc}`;
const named = rowsBeyondTorch.map((row) => [nameOf(row), row] as const);
const runsOf = (row: Row) => Object.entries(beyondTorchRow(row).runs);

test("every row of the table has its oracle, PyTorch or another, and only one", () => {
  const oracles = [...torchFixtures.rows, ...beyondTorchFixtures.rows].map(nameOf);
  expect(oracles.toSorted()).toEqual(table.map(nameOf).toSorted());
  expect(table).toEqual([...torchRows, ...rowsBeyondTorch]);
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
    expect(rounded.length).toBe(1);
    for (const bits of rounded) expect(worstError(tensors, decode(bits, "float32"), scales, ulp)).toBe(0);
  },
);

test.each(named)("%s: as installed, it is within 8 ulp of the profile that sums in its order", (_, row) => {
  expect(worstAsInstalled(row, beyondTorchRow(row))).toBeLessThanOrEqual(float32Bound);
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
  mutant("schedule a step late", "lion: cosine lr, decay", {
    vary: (t) => find("lion: cosine lr, decay").vary!(t + 1),
  }),
];

test.each(mutants)("out of bounds: %s", (_, row, wrong) => {
  expect(worstAsInstalled(wrong, beyondTorchRow(row))).toBeGreaterThan(float32Bound);
});

test.each([
  ["lion", lion()],
  ["adan", adan()],
] as const)("%s has the published defaults", (name, rule) => {
  const { lr, betas, weight_decay: weightDecay, eps } = beyondTorchFixtures.defaults[name];
  const numbered = Object.fromEntries(betas.map((beta, i) => [`beta${i + 1}`, beta]));
  const off = { maximize: false, towardsStart: false, cautious: false };
  expect(rule.hyperAt(1)).toEqual({ lr, ...numbered, weightDecay, ...off, ...(eps && { eps }) });
});

/** The worst error of float32 runs, in ulps: PyTorch's optimizers shrink first, and optax sums decay and step. */
function worstAsInstalled(row: Row, { runs }: BeyondTorchRow): number {
  const errors = Object.entries(runs).map(([by, { float32 }]) => {
    const { tensors, scales } = traceBeyond(row, "float32", by === "optax" ? "accurate" : "torch");
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
