/** What every rule can be asked for beside its own, as laws: the decay towards the initial weights, the cautious one, the average. */

import { describe, expect, test } from "vitest";
import { float32, float64, surrounded, type Values } from "../../src/reference/index.ts";
import { gradientAt, initialParam } from "../parity/fixtures.ts";
import { resolvedHyper } from "../parity/rules.ts";
import { type Row, type RowHyper, type RuleName, rowsAround } from "../parity/table.ts";
import { distance, end, type Run, run, trajectory } from "./lawsRun.ts";

const count = 52;
const seed = 11;
const start = initialParam(seed, count);
const noise = (t: number): Float32Array => gradientAt(seed, t, count);
const named = (rows: readonly Row[]) => rows.map((row) => [`${row.rule}, ${row.desc}`, row] as const);

describe("towardsStart", () => {
  const rows = named(rowsAround.filter(({ hyper }) => hyper.towardsStart));

  test.each(rows)("%s: the way from the start is that of a plain decay from zero", (_, row) => {
    const plain = { ...row, hyper: { ...row.hyper, towardsStart: false } };
    for (const profile of ["accurate", "torch"] as const) {
      const common = { gradient: noise, steps: 50, profile };
      const from = end({ ...row, ...common, start });
      const fromZero = end({ ...plain, ...common, start: new Float64Array(count) });
      // Float64's roundings at the size of the weights, over what Adam divides by: gradients of 2^-11 and less.
      expect(
        distance(
          from.map((p, i) => p - start[i]!),
          fromZero,
        ),
      ).toBeLessThan(1e-12);
    }
  });

  // Not Lion, whose steps have one size as long as m has a sign.
  const returning: [RuleName, RowHyper][] = [
    ["sgd", { lr: 0.1 }],
    ["sgd", { lr: 0.1, momentum: 0.9 }],
    ["sgdw", { lr: 0.1 }],
    ["sgdw", { lr: 0.1, momentum: 0.9 }],
    ["adamw", { lr: 0.01 }],
    ["adan", { lr: 0.01 }],
    ["nadam", { lr: 0.01, decoupled: true }],
    ["radam", { lr: 0.01, decoupled: true }],
  ];

  const pushedAtFirst = (t: number) => (t <= 20 ? noise(t) : new Float64Array(count));

  test.each(returning)(
    "%s %j: once the gradients are zero the weights go back to p₀, and not to zero",
    (rule, hyper) => {
      // Over 1,200 steps of a shrink of 0.02 a weight keeps e^-24 of what 20 steps have moved it.
      const what = { rule, start, gradient: pushedAtFirst, steps: 1220 };
      const towardsZero = { ...hyper, weightDecay: 0.02 / Number(hyper.lr) };
      const towardsStart = { ...towardsZero, towardsStart: true };
      expect(distance(end({ ...what, steps: 20, hyper: towardsStart }), start)).toBeGreaterThan(0.01);
      expect(distance(end({ ...what, hyper: towardsStart }), start)).toBeLessThan(1e-8);
      expect(distance(end({ ...what, hyper: towardsZero }), new Float64Array(count))).toBeLessThan(1e-8);
    },
  );

  test("Adam, whose L2 gradient the moments rescale, comes back to p₀ to within its steps", () => {
    const what: Omit<Run, "steps"> = {
      rule: "adam",
      hyper: { weightDecay: 0.1, towardsStart: true },
      vary: (t) => ({ lr: 0.01 / (1 + t / 500) }),
      start,
      gradient: pushedAtFirst,
    };
    expect(distance(end({ ...what, steps: 20 }), start)).toBeGreaterThan(0.05);
    expect(distance(end({ ...what, steps: 10_000 }), start)).toBeLessThan(0.005);
  });

  test("without momentum, coupled and decoupled are one: λ' = lr λ", () => {
    const what = { hyper: { lr: 0.1, weightDecay: 0.3, towardsStart: true }, start, gradient: noise, steps: 200 };
    const l2 = end({ ...what, rule: "sgd" });
    for (const profile of ["accurate", "torch"] as const) {
      expect(distance(l2, end({ ...what, rule: "sgdw", profile }))).toBeLessThan(1e-14);
    }
  });

  test("a constant gradient brings SGD to rest at p₀ - g/λ, and AdamW at p₀ - sign(g)/λ", () => {
    const pushed = { start: [3], gradient: () => [0.7] };
    const hyper = { weightDecay: 0.5, towardsStart: true };
    expect(end({ ...pushed, rule: "sgd", hyper: { ...hyper, lr: 0.1 }, steps: 1000 })[0]).toBeCloseTo(3 - 1.4, 12);
    const [p] = end({ ...pushed, rule: "adamw", hyper: { ...hyper, lr: 0.01 }, steps: 10_000 });
    expect(p).toBeCloseTo(3 - 2, 7);
  });

  test.each(rows)("%s: the start is the weights before the first update, and stays", (_, row) => {
    run({ ...row, start, gradient: noise, steps: 20, precision: "float32" }, (_, state) => {
      expect(state.start).toEqual(start);
    });
  });
});

describe("cautious", () => {
  const rows = named(rowsAround.filter(({ hyper }) => hyper.cautious));
  const without = (row: Row, hyper: RowHyper): Row => ({ ...row, hyper: { ...row.hyper, cautious: false, ...hyper } });
  /** Gradients that never change, so that every rule steps along them: against the weights, or with them. */
  const pulling = (towards: 1 | -1) => {
    const sign = (row: Row): number => (row.hyper.maximize ? -towards : towards);
    return (row: Row): Run["gradient"] => {
      return () => start.map((p, i) => sign(row) * Math.sign(p) * 2 ** -(i % 12));
    };
  };
  // So that no weight crosses zero, where step and decay fall out.
  const slow = (row: Row): Row => ({ ...row, hyper: { ...row.hyper, lr: 1e-3 }, vary: () => ({ lr: 1e-3 }) });
  const large = start.map((p) => p + Math.sign(p));

  test.each(rows)("%s: where every step pulls towards zero it is the plain decay, bit for bit", (_, row) => {
    for (const precision of ["float32", "float64"] as const) {
      const what = { start: large, gradient: pulling(1)(row), steps: 50, precision };
      const cautious = trajectory({ ...slow(row), ...what });
      expect(cautious).toEqual(trajectory({ ...without(slow(row), {}), ...what }));
      expect(cautious).not.toEqual(trajectory({ ...without(slow(row), { weightDecay: 0 }), ...what }));
    }
  });

  test.each(rows)("%s: where every step pulls away from zero there is no decay, bit for bit", (_, row) => {
    for (const precision of ["float32", "float64"] as const) {
      const what = { start: large, gradient: pulling(-1)(row), steps: 50, precision };
      expect(trajectory({ ...slow(row), ...what })).toEqual(
        trajectory({ ...without(slow(row), { weightDecay: 0 }), ...what }),
      );
    }
  });

  test.each(rows)("%s: where there is no step, g = 0 and m = 0, a weight decays", (_, row) => {
    const { lr, weightDecay } = resolvedHyper(row, 1);
    const shrunk = 1 - Number(lr) * Number(weightDecay);
    for (const precision of ["float32", "float64"] as const) {
      const [p] = end({ ...row, start: [1], gradient: () => [0], steps: 1, precision });
      expect(Math.abs(p! - shrunk)).toBeLessThanOrEqual(precision === "float32" ? 2 ** -24 : 2 ** -53);
    }
  });

  test("on noise the decay takes from each weight no less than no decay, and no more than the plain one", () => {
    const norms = [{ weightDecay: 0 }, { weightDecay: 0.1, cautious: true }, { weightDecay: 0.1 }].map((hyper) =>
      Math.hypot(...end({ rule: "adamw", hyper: { lr: 0.01, ...hyper }, start, gradient: noise, steps: 200 })),
    );
    expect(norms).toEqual(norms.toSorted((a, b) => b - a));
    expect(norms[0]! - norms[1]!).toBeGreaterThan(0.1);
    expect(norms[1]! - norms[2]!).toBeGreaterThan(0.1);
  });
});

describe("the average of the weights", () => {
  /** The average after each step, and the weights. */
  function averages(decayAt: (t: number) => number, steps: number, precision: "float32" | "float64" = "float64") {
    const [round, values] = precision === "float32" ? [float32, Float32Array] : [float64, Float64Array];
    const keep = surrounded<{ param: Values; grad: Values; average: Values }, object>(() => {}, decayAt);
    const average = new values(count);
    const [points, found]: [number[][], number[][]] = [[], []];
    const what: Run = { rule: "adamw", hyper: { lr: 0.01 }, start, gradient: noise, steps, precision };
    run(what, (t, { param }) => {
      keep({ param, grad: param, average }, {}, t, round, "accurate");
      points.push([...param]);
      found.push([...average]);
    });
    return { points, found };
  }

  test.each([0, 0.3, 0.9, 0.999])("with decay %d is d^(t-1) p₁ + (1 - d) Σ d^(t-s) pₛ", (d) => {
    const { points, found } = averages(() => d, 60);
    for (const [k, average] of found.entries()) {
      const expected = Array.from(start, (_, i) =>
        points
          .slice(0, k + 1)
          .reduce((sum, point, s) => sum + (s === 0 ? d ** k : (1 - d) * d ** (k - s)) * point[i]!, 0),
      );
      expect(distance(average, expected)).toBeLessThan(1e-14);
    }
  });

  test("with decay 1 - 1/t is the mean of all weights so far", () => {
    const { points, found } = averages((t) => 1 - 1 / t, 60);
    const mean = Array.from(start, (_, i) => points.reduce((sum, point) => sum + point[i]! / points.length, 0));
    expect(distance(found.at(-1)!, mean)).toBeLessThan(1e-14);
  });

  test("of weights that stay is those weights, bit for bit", () => {
    const keep = surrounded<{ param: Values; grad: Values; average: Values }, object>(
      () => {},
      () => 0.99,
    );
    const average = new Float32Array(count);
    for (let t = 1; t <= 100; t++) keep({ param: start, grad: start, average }, {}, t, float32, "accurate");
    expect(average).toEqual(start);
  });
});
