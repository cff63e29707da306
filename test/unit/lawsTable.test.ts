/** Symmetries and invariants that every row of the parity table has, in both profiles and both precisions. */

import { describe, expect, test } from "vitest";
import { randomSigned, shuffled } from "../../src/numbers/random.ts";
import { gradientAt, initialParam } from "../parity/fixtures.ts";
import { resolvedHyper, ruleOf } from "../parity/rules.ts";
import { profilesOf, type Row, table } from "../parity/table.ts";
import { end, type Run, run, type State } from "./lawsRun.ts";

const count = 48;
const steps = 25;
const seed = 9;
const start = initialParam(seed, count);
const gradients = Array.from({ length: steps + 1 }, (_, t) => gradientAt(seed, t, count));
const gradient = (t: number): Float32Array => gradients[t]!;

type Way = Pick<Run, "precision" | "profile">;

/** Each law is one test a row; this runs it in every precision, and every profile that the row has. */
function inEveryWay(row: Row, law: (way: Way) => void): void {
  for (const precision of ["float32", "float64"] as const) {
    for (const profile of profilesOf(row)) law({ precision, profile });
  }
}

const rows = table.map((row) => [`${row.rule}, ${row.desc}`, row] as const);
/** The rows whose weights move by their own gradients alone; where norms are taken, all of a tensor moves together. */
const apart = rows.filter(([, row]) => {
  const rule = ruleOf(row.rule)(row.hyper);
  return !rule.variant(rule.uses).passes;
});
const common = (row: Row) => ({ ...row, start, gradient, steps });
const epsOf = (row: Row): number => Number(resolvedHyper(row, 1).eps);
const negated = (values: ArrayLike<number>): number[] => Array.from(values, (x) => -x);
/** Every number of a state; a negative zero becomes a zero, whose sign WGSL does not keep either. */
const numbers = (state: State): Record<string, number[]> =>
  Object.fromEntries(Object.entries(state).map(([name, values]) => [name, Array.from(values, (x) => x + 0)]));

describe("with the parameter and the gradient negated, the trajectory is negated, bit for bit", () => {
  test.each(rows)("%s", (_, row) => {
    inEveryWay(row, (way) => {
      const straight = run({ ...common(row), ...way });
      const mirrored = run({ ...common(row), ...way, start: negated(start), gradient: (t) => negated(gradient(t)) });
      // Squares have no sign; Adan's v is of differences.
      const odd = ["param", "start", "m", "velocity", "gAvg", "z", ...(row.rule === "adan" ? ["v", "gBefore"] : [])];
      for (const [name, values] of Object.entries(mirrored)) {
        const sign = odd.includes(name) ? -1 : 1;
        mirrored[name] = values.map((x) => sign * x);
      }
      expect(numbers(mirrored)).toEqual(numbers(straight));
    });
  });
});

describe("to maximize f is to minimize -f with the same decay, bit for bit", () => {
  test.each(rows)("%s", (_, row) => {
    const flipped = { ...row, hyper: { ...row.hyper, maximize: !row.hyper.maximize } };
    inEveryWay(row, (way) => {
      const other = run({ ...common(flipped), ...way, gradient: (t) => negated(gradient(t)) });
      expect(numbers(other)).toEqual(numbers(run({ ...common(row), ...way })));
    });
  });
});

describe("the order of the elements does not matter, bit for bit", () => {
  const order = shuffled(count, seed, 1);
  const permuted = (values: ArrayLike<number>): number[] => Array.from(order, (from) => values[from]!);

  test.each(apart)("%s", (_, row) => {
    inEveryWay(row, (way) => {
      const straight = run({ ...common(row), ...way });
      const other = run({ ...common(row), ...way, start: permuted(start), gradient: (t) => permuted(gradient(t)) });
      for (const [name, values] of Object.entries(straight)) expect([...other[name]!]).toEqual(permuted(values));
    });
  });
});

describe("padding stays zero: a zero weight with zero gradients, and all of its state", () => {
  const zeros = new Float64Array(4);
  test.each(rows)("%s", (_, row) => {
    inEveryWay(row, (way) => {
      const state = numbers(run({ ...common(row), ...way, start: zeros, gradient: () => zeros }));
      const { u, ...others } = state;
      // Adamax's norm is |g| + eps, and so never below eps.
      if (u) expect(u).toEqual(u.map(() => (way.precision === "float32" ? Math.fround(epsOf(row)) : epsOf(row))));
      expect(
        Object.values(others)
          .flat()
          .every((x) => x === 0),
      ).toBe(true);
    });
  });
});

describe("a zero gradient is not a missing one: the weights decay", () => {
  const still = (row: Row) => ({ ...common(row), gradient: () => new Float64Array(count) });
  const decays = (row: Row): boolean => Number(resolvedHyper(row, 1).weightDecay) > 0;
  const decaying = rows.filter(([, row]) => decays(row) && !row.hyper.towardsStart);
  const decoupled = (row: Row): boolean => ruleOf(row.rule)(row.hyper).decay === "decoupled";

  test.each(decaying.filter(([, row]) => decoupled(row)))("%s: by the product of its 1 - lrₜ λₜ", (_, row) => {
    let kept = 1;
    for (let t = 1; t <= steps; t++) {
      const { lr, weightDecay } = resolvedHyper(row, t);
      kept *= 1 - Number(lr) * Number(weightDecay);
    }
    expect(kept).toBeLessThan(1);
    inEveryWay(row, (way) => {
      // One rounding a step, and one of the constant: half an ulp each, and an ulp of the start at most.
      const bound = steps * (way.precision === "float32" ? 2 ** -23 : 2 ** -52);
      for (const [i, p] of end({ ...still(row), ...way }).entries()) {
        expect(Math.abs(p - kept * start[i]!)).toBeLessThanOrEqual(bound * Math.abs(start[i]!));
      }
    });
  });

  test.each(decaying.filter(([, row]) => !decoupled(row)))("%s: through the gradient, toward zero", (_, row) => {
    inEveryWay(row, (way) => {
      for (const [i, p] of end({ ...still(row), ...way, steps: 1 }).entries()) {
        // Not nearer to zero: Adam's step is lr, however small p is.
        expect((p - start[i]!) * start[i]!).toBeLessThan(0);
      }
    });
  });

  const resting = rows.filter(([, row]) => !decays(row) || row.hyper.towardsStart);
  test.each(resting)("%s: not at all, for it has no decay, or they are where it pulls them", (_, row) => {
    inEveryWay(row, (way) => expect([...end({ ...still(row), ...way })]).toEqual([...start]));
  });

  test("AdamW at lr = λ = 0.1 goes from 1 to 0.99", () => {
    const hyper = { lr: 0.1, weightDecay: 0.1 };
    expect(end({ rule: "adamw", hyper, start: [1], gradient: () => [0], steps: 1 })[0]).toBe(0.99);
  });
});

describe("a weight's own gradient is all that moves it", () => {
  test.each(apart)("%s: alone it goes where it goes in company", (_, row) => {
    const i = Math.floor((randomSigned(seed, 2, 0) + 1) * 0.5 * count);
    inEveryWay(row, (way) => {
      const alone = run({ ...common(row), ...way, start: [start[i]!], gradient: (t) => [gradient(t)[i]!] });
      expect(alone.param[0]).toBe(end({ ...common(row), ...way })[i]);
    });
  });
});
