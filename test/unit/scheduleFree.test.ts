/** What is schedule-free learning's own: x is an average of all z, y lies between them, and no schedule is needed. */
import { describe, expect, test } from "vitest";
import { randomSigned } from "../../src/numbers/random.ts";
import { evaluationPoint, float32, float64 } from "../../src/reference/index.ts";
import { gradientAt, initialParam } from "../parity/fixtures.ts";
import { scheduleFreeRows } from "../parity/rows/scheduleFree.ts";
import { resolvedHyper } from "../parity/rules.ts";
import type { Row } from "../parity/table.ts";
import { distance, end, type Run, run, type State } from "./lawsRun.ts";

const steps = 50;
const start = initialParam(4, 12);
const gradient = (t: number) => gradientAt(4, t, start.length);
const rules = ["scheduleFreeAdamw", "scheduleFreeSgd"] as const;
type Rule = (typeof rules)[number];
const rows = scheduleFreeRows.map((row) => [`${row.rule}, ${row.desc}`, row] as const);

function betaOf(row: Pick<Row, "rule" | "hyper" | "vary">, t = 1): number {
  const { beta1, momentum } = resolvedHyper({ ...row, desc: "" }, t);
  return Number(beta1 ?? momentum);
}

const xOf = ({ param, z }: State, beta: number, round = float64): number[] =>
  Array.from(param, (y, i) => evaluationPoint(y, z![i]!, beta, round));

/** The points z after each step, and the last state. */
function pointsOf(what: Run): { zs: Float64Array[]; last: State } {
  const zs: Float64Array[] = [];
  const last = run(what, (_, { z }) => zs.push(Float64Array.from(z!)));
  return { zs, last };
}

function average(zs: Float64Array[], weightOf: (t: number) => number): number[] {
  const sum = new Float64Array(start.length);
  let whole = 0;
  for (const [k, z] of zs.entries()) {
    const weight = weightOf(k + 1);
    whole += weight;
    for (const [i, value] of z.entries()) sum[i]! += weight * value;
  }
  return Array.from(sum, (each) => each / whole);
}

describe("x", () => {
  test.each(rules)("%s: at a constant lr it is the plain average of all z", (rule) => {
    const what = { rule, hyper: { lr: 0.01, weightDecay: 0.1 }, start, gradient, steps };
    const { zs, last } = pointsOf(what);
    expect(
      distance(
        xOf(last, betaOf(what)),
        average(zs, () => 1),
      ),
    ).toBeLessThan(1e-14);
  });

  test.each(rows)("%s: z weighs tʳ times a power of the largest lr so far", (_, row) => {
    const weightOf = (t: number): number => {
      let largest = 0;
      for (let s = 1; s <= t; s++) {
        const { lr, warmup } = resolvedHyper(row, s);
        largest = Math.max(largest, Number(lr) * Math.min(1, s / Number(warmup)));
      }
      const { r, weightLrPower } = resolvedHyper(row, t);
      return t ** Number(r) * largest ** Number(weightLrPower);
    };
    for (const profile of ["accurate", "torch"] as const) {
      const { zs, last } = pointsOf({ ...row, start, gradient, steps, profile });
      expect(distance(xOf(last, betaOf(row, steps)), average(zs, weightOf))).toBeLessThan(1e-13);
    }
  });

  test.each(rules)("%s: y lies between z and x, nearer x", (rule) => {
    const beta = 0.8;
    const hyper = rule === "scheduleFreeSgd" ? { momentum: beta } : { beta1: beta };
    const zs: Float64Array[] = [];
    run({ rule, hyper: { ...hyper, lr: 0.01 }, start, gradient, steps }, (_, { param, z }) => {
      zs.push(Float64Array.from(z!));
      const x = average(zs, () => 1);
      expect(
        distance(
          param,
          x.map((each, i) => beta * each + (1 - beta) * z![i]!),
        ),
      ).toBeLessThan(1e-15);
    });
  });

  test.each(rules)("%s: after one step it is z, and so is y", (rule) => {
    const { param, z } = run({ rule, hyper: { lr: 0.01, weightDecay: 0.1 }, start, gradient, steps: 1 });
    expect(distance(param, z!)).toBeLessThan(1e-16);
    expect(distance(xOf({ param, z: z! }, 0.9), z!)).toBeLessThan(1e-16);
  });
});

describe("β", () => {
  const lr = 0.01;

  test("near 0 it is SGD, whose points are averaged (Polyak & Ruppert)", () => {
    const sgd = pointsOfSgd();
    const { last } = pointsOf({ rule: "scheduleFreeSgd", hyper: { lr, momentum: 1e-12 }, start, gradient, steps });
    expect(distance(last.param, sgd.at(-1)!)).toBeLessThan(1e-12);
    expect(distance(last.z!, sgd.at(-1)!)).toBeLessThan(1e-15);
  });

  test("near 1 gradients are taken at the average of SGD's points (primal averaging)", () => {
    const hyper = { lr, momentum: 1 - 1e-12 };
    const { last } = pointsOf({ rule: "scheduleFreeSgd", hyper, start, gradient, steps });
    expect(
      distance(
        last.param,
        average(pointsOfSgd(), () => 1),
      ),
    ).toBeLessThan(1e-12);
  });

  function pointsOfSgd(): Float64Array[] {
    const points: Float64Array[] = [];
    run({ rule: "sgd", hyper: { lr }, start, gradient, steps }, (_, { param }) =>
      points.push(param.slice() as Float64Array),
    );
    return points;
  }
});

describe("the learning rates so far", () => {
  const upTo = (t: number, first: number, then: number) => ({ lr: t <= 25 ? first : then });
  const xAfter = (vary: Row["vary"], hyper: Row["hyper"] = {}): number[] => {
    const what = { rule: "scheduleFreeSgd", hyper, start, gradient, steps, ...(vary && { vary }) } as const;
    return xOf(run(what), 0.9);
  };

  test("count: what came under a smaller one weighs less, and what comes under a smaller one weighs no less", () => {
    const ones = Array.from({ length: steps }, () => 1);
    const raised = pointsOf({
      rule: "scheduleFreeSgd",
      hyper: {},
      vary: (t) => upTo(t, 0.01, 0.03),
      start,
      gradient,
      steps,
    });
    const weights = ones.map((_, k) => (k < 25 ? 1 : 9));
    expect(
      distance(
        xOf(raised.last, 0.9),
        average(raised.zs, (t) => weights[t - 1]!),
      ),
    ).toBeLessThan(1e-13);
    const lowered = pointsOf({
      rule: "scheduleFreeSgd",
      hyper: {},
      vary: (t) => upTo(t, 0.03, 0.01),
      start,
      gradient,
      steps,
    });
    expect(
      distance(
        xOf(lowered.last, 0.9),
        average(lowered.zs, () => 1),
      ),
    ).toBeLessThan(1e-13);
  });

  test("warm-up is a rate that rises to its whole in so many steps", () => {
    expect(xAfter((t) => ({ lr: 0.01 * Math.min(1, t / 8) }))).toEqual(xAfter(undefined, { lr: 0.01, warmup: 8 }));
  });

  test("may begin at zero: nothing moves until the first that is not", () => {
    const vary = (t: number) => ({ lr: t <= 3 ? 0 : 0.01 });
    const what = { rule: "scheduleFreeAdamw", hyper: { weightDecay: 0.1 }, vary, start, gradient } as const;
    for (const precision of ["float32", "float64"] as const) {
      expect([...end({ ...what, steps: 3, precision })]).toEqual([...start]);
      expect(end({ ...what, steps, precision }).every(Number.isFinite)).toBe(true);
    }
  });
});

describe("without a schedule, at a constant rate and on noisy gradients, x comes to the minimum that y and z jump around", () => {
  const minimum = [1, -2, 3, 0.5];
  const noisy = (t: number, at: ArrayLike<number>): number[] =>
    Array.from(at, (p, i) => p - minimum[i]! + 2 * randomSigned(7, t, i));

  test.each([
    ["scheduleFreeSgd", 0.5],
    ["scheduleFreeAdamw", 0.05],
  ] as const)("%s", (rule, lr) => {
    const last = run({ rule, hyper: { lr }, start: [0, 0, 0, 0], gradient: noisy, steps: 4000 });
    const x = distance(xOf(last, 0.9), minimum);
    expect(x).toBeLessThan(0.1); // Of what is left of the way there, and of the noise.
    expect(x).toBeLessThan(distance(last.z!, minimum) / 4);
  });

  test("scheduleFreeSgd's decay is L2 regularization: the minimum is ridge regression's", () => {
    const weightDecay = 0.5;
    const gradient = (_: number, at: ArrayLike<number>) => Array.from(at, (p, i) => p - minimum[i]!);
    const last = run({ rule: "scheduleFreeSgd", hyper: { weightDecay }, start: [0, 0, 0, 0], gradient, steps: 4000 });
    const ridge = minimum.map((each) => each / (1 + weightDecay));
    expect(distance(xOf(last, 0.9), ridge)).toBeLessThan(1e-3);
  });

  test("scheduleFreeAdamw's decay is beside the second moment: it weighs as much where gradients are large", () => {
    const hyper = { lr: 0.01, weightDecay: 0.1 };
    const scales = [1, 1e3];
    const gradient = (t: number) => scales.map((scale) => scale * randomSigned(8, t, 0));
    const [small, large] = end({ rule: "scheduleFreeAdamw", hyper, start: [1, 1], gradient, steps: 500 });
    expect(Math.abs(small! / large! - 1)).toBeLessThan(1e-5);
  });
});

describe("the decay that happens over the one that was asked for, at x", () => {
  const many = 1000;
  const count = 1024;
  /** |p| evenly over two whole binades. */
  const weights = Float32Array.from({ length: count }, (_, i) => {
    const p = randomSigned(31, 0, i);
    return Math.sign(p) * (0.5 + 1.5 * Math.abs(p));
  });
  const noise = Array.from({ length: many + 1 }, (_, t) =>
    Float32Array.from({ length: count }, (_, i) => randomSigned(32, t, i)),
  );

  const at = (rule: Rule, lr: number, shrink: number, way: Pick<Run, "precision" | "profile"> = {}): number[] => {
    const hyper = { lr, weightDecay: shrink / lr };
    const last = run({ rule, hyper, start: weights, gradient: (t) => noise[t]!, steps: many, ...way });
    return xOf(last, 0.9, way.precision === "float32" ? float32 : float64);
  };

  // It is added to the direction, which is of its own size, and not to a number near 1: neither profile loses it.
  test.each([
    ["scheduleFreeSgd", 0.1],
    ["scheduleFreeAdamw", 1e-3],
  ] as const)(
    "%s: down to 1e-8 a step it is true within 5 percent, in both profiles",
    (rule, lr) => {
      const free = at(rule, lr, 0);
      const inward = (x: number[]): number => free.reduce((sum, each, i) => sum + Math.sign(each) * (each - x[i]!), 0);
      for (const shrink of [1e-5, 1e-6, 1e-7, 1e-8]) {
        const wanted = inward(at(rule, lr, shrink));
        for (const profile of ["accurate", "torch"] as const) {
          const happened = inward(at(rule, lr, shrink, { precision: "float32", profile }));
          expect(Math.abs(happened / wanted - 1), `${shrink}, ${profile}`).toBeLessThan(0.05);
        }
      }
    },
    60_000,
  );
});
