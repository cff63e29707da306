/** The reference against PyTorch: test/fixtures/torch.json holds what torch.optim did with each row of the parity table. */

import { expect, test } from "vitest";
import { float32, sgd as sgdReference, type Values } from "../../src/reference/index.ts";
import {
  decodeFloat32,
  decodeFloat64,
  decodeTensors,
  fixtureCount,
  fixtureSeed,
  fixtureSteps,
  gradientAt,
  initialParam,
  torchDefaults,
  torchFixtures,
  torchRow,
  worstUlpError,
  worstUlpErrors,
} from "../parity/fixtures.ts";
import { ruleOf } from "../parity/rules.ts";
import { hyperAt, type Row, type RuleName, torchRows } from "../parity/table.ts";
import { type Recorded, trace } from "../parity/trace.ts";

/**
 * In ulp(S), S being the largest magnitude that an element or a term of it has had (trace.ts). PyTorch's vector kernels
 * fuse multiply-adds, which the reference does not: each saves half an ulp, and 50 steps of v, which forgets nothing in
 * them, add such halves up. The worst of all rows is 5.0 (v, coupled decay); optimizers.md 4.1 has 8 for 100 steps.
 */
const fusedBound = 8;
/** Over 1000 steps: the gate of optimizers.md 4.1. The worst is 4.0. */
const fusedBoundLong = 32;
/** Of S. Float64 leaves 1.1e-16 an operation; the worst of all rows is 3.6e-15, where `accurate` sums in another order. */
const float64Bound = 1e-14;

const named = torchRows.map((row) => [`${row.rule}: ${row.desc}`, row] as const);

test("PyTorch was run with the rows of the table, with their hyperparameters and no others", () => {
  expect(torchFixtures.rows.map(({ rule, desc }) => `${rule}: ${desc}`)).toEqual(named.map(([name]) => name));
  for (const row of torchRows) {
    const { hyper } = torchRow(row);
    for (let t = 1; t <= fixtureSteps; t++) {
      expect(Array.isArray(hyper) ? hyper[t - 1] : hyper, `${row.rule}: ${row.desc}, t = ${t}`).toEqual(
        hyperAt(row, t),
      );
    }
  }
});

test("PyTorch saw the inputs that the reference sees", () => {
  const { param, grad } = torchFixtures.inputs;
  expect(decodeFloat32(param)).toEqual(initialParam(fixtureSeed, fixtureCount));
  for (const [t, bits] of Object.entries(grad)) {
    expect(decodeFloat32(bits)).toEqual(gradientAt(fixtureSeed, Number(t), fixtureCount));
  }
});

test.each(named)("%s: each operation rounded on its own, PyTorch and the reference are bit-identical", (_, row) => {
  const { tensors, scales } = trace(row, "float32", "torch").at(-1)!;
  // Zero ulp and not Object.is: the sign of a zero, which WGSL does not keep either, may differ.
  const error = worstUlpErrors(tensors, decodeTensors(torchRow(row).correctlyRounded), scales);
  expect(error).toBeLessThanOrEqual(row.roundedUlps ?? 0);
});

test.each(named)("%s: PyTorch as everyone runs it is within 8 ulp at every recorded step", (_, row) => {
  expect(worstFused(row, trace(row, "float32", "torch"))).toBeLessThanOrEqual(row.fusedUlps ?? fusedBound);
});

test.each(named)("%s: in float64, both profiles are PyTorch's update", (_, row) => {
  const expected = decodeFloat64(torchRow(row).float64);
  for (const profile of ["torch", "accurate"] as const) {
    const { tensors, scales } = trace(row, "float64", profile).at(-1)!;
    const errors = tensors.param!.map((p, i) => Math.abs(p - expected[i]!) / scales.param![i]!);
    expect(Math.max(...errors)).toBeLessThanOrEqual(float64Bound);
  }
});

test.each(torchFixtures.long)("$rule: $steps steps at PyTorch's defaults", (long) => {
  const { rule, steps, count } = long;
  const row: Row = { rule, desc: "defaults", hyper: {} };
  const [last] = trace(row, "float32", "torch", { count, steps, recorded: [steps] });
  const { tensors, scales } = last!;
  expect(worstUlpErrors(tensors, decodeTensors(long.correctlyRounded), scales)).toBe(0);
  expect(worstUlpErrors(tensors, decodeTensors(long.float32), scales)).toBeLessThanOrEqual(fusedBoundLong);
});

test.each(torchFixtures.long)("$rule: after $steps steps `accurate` is nearer the truth than PyTorch is", (long) => {
  const { rule, steps, count } = long;
  const row: Row = { rule, desc: "defaults", hyper: {} };
  const length = { count, steps, recorded: [steps] };
  const [truth] = trace(row, "float64", "accurate", length);
  const [accurate] = trace(row, "float32", "accurate", length);
  const torch = decodeTensors(long.float32);
  for (const name of ["param", "v"] as const) {
    const errorOf = (values?: Values) => worstUlpError(values, truth!.tensors[name], truth!.scales[name]);
    expect(errorOf(accurate!.tensors[name])).toBeLessThan(errorOf(torch[name]));
  }
});

/** [what is wrong, the row, the row run instead]: a bound that admits these holds nothing. */
const mutants: [string, Row, Row][] = [
  mutant("decay through the moments", "adamw", "strong decay", { rule: "adam" }),
  mutant("decay beside the moments", "adam", "weight decay", { rule: "adamw" }),
  mutant("decay beside the velocity", "sgd", "momentum, weight decay", { rule: "sgdw" }),
  mutant("2 λ", "adamw", "tiny decay", { hyper: { lr: 1e-4, weightDecay: 2e-2 } }),
  mutant("betas swapped", "adamw", "short memory", { hyper: { lr: 1e-2, beta1: 0.6, beta2: 0.3 } }),
  mutant("not Nesterov", "sgd", "nesterov", { hyper: { lr: 0.01, momentum: 0.9 } }),
  mutant("eps left out", "adamw", "large eps", { hyper: { lr: 1e-2, eps: 1e-30 } }),
  mutant("schedule a step late", "sgdw", "cosine lr, decay", {
    vary: (t) => find("sgdw", "cosine lr, decay").vary!(t + 1),
  }),
  mutant("gradient ascent", "adam", "maximize, weight decay", { hyper: { lr: 1e-2, weightDecay: 0.1 } }),
];

test.each(mutants)("out of bounds: %s", (_, row, wrong) => {
  expect(worstFused(row, trace(wrong, "float32", "torch"))).toBeGreaterThan(fusedBound);
});

test("out of bounds: the other profile, which decays by another rounding", () => {
  const row = find("adamw", "tiny decay");
  expect(worstFused(row, trace(row, "float32", "accurate"))).toBeGreaterThan(fusedBound);
});

test("the documents' example, bit for bit", () => {
  expect(torchFixtures.documents.map(({ after }) => after)).toEqual([0.800000011920929, 0.7900000214576721]);
  for (const { start, gradient, hyper, after } of torchFixtures.documents) {
    const tensor = { param: new Float32Array([start]), grad: new Float32Array([gradient]) };
    sgdReference(tensor, { ...torchDefaults("sgd"), ...hyper }, 1, float32);
    expect(tensor.param[0]).toBe(after);
  }
});

// PyTorch has no SGDW; ours has its SGD's.
test.each([...new Set(torchRows.map(({ rule }) => rule))])("our defaults of %s are PyTorch's", (rule) => {
  expect(torchDefaults(rule)).toMatchObject(ruleOf(rule)({}).hyperAt(1));
});

/** The worst error at any recorded step against PyTorch's fused kernels, in ulp(S). */
function worstFused(row: Row, recorded: Recorded[]): number {
  const { float32 } = torchRow(row);
  return Math.max(
    ...recorded.map(({ t, tensors, scales }) => worstUlpErrors(tensors, decodeTensors(float32[t]!), scales)),
  );
}

function find(rule: RuleName, desc: string): Row {
  return torchRows.find((row) => row.rule === rule && row.desc === desc)!;
}

function mutant(wrong: string, rule: RuleName, desc: string, other: Partial<Row>): [string, Row, Row] {
  const row = find(rule, desc);
  return [wrong, row, { ...row, ...other }];
}
