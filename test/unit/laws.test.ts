/**
 * What weight decay is, and when L2 regularization is the same thing: laws that the CPU reference keeps. The numbers
 * are those of optimizers.md section 6, where it has them.
 */

import { describe, expect, test } from "vitest";
import { randomNormal, randomSigned } from "../../src/numbers/random.ts";
import { weightDecayFromPenalty, weightDecayFromShrink } from "../../src/optim/index.ts";
import type { Profile } from "../../src/reference/index.ts";
import { gradientAt, initialParam, ulpError } from "../parity/fixtures.ts";
import { ruleOf } from "../parity/rules.ts";
import { type RuleName, table } from "../parity/table.ts";
import { distance, end, type Run, run, trajectory } from "./lawsRun.ts";

const count = 64;
const seed = 5;
const start = initialParam(seed, count);
const noise = (t: number): Float32Array => gradientAt(seed, t, count);

/** The gradient of x², summed over the elements. */
const bowl: Run["gradient"] = (_, param) => Array.from(param, (x) => 2 * x);

/** Decay in words: take the share λ' of the weight, then step against the gradient. */
function byHand(steps: number, lr: (t: number) => number, shrink: (t: number) => number): number[] {
  let w = [...start];
  for (let t = 1; t <= steps; t++) {
    const g = noise(t);
    w = w.map((x, i) => x * (1 - shrink(t)) - lr(t) * g[i]!);
  }
  return w;
}

/** What float64 may lose in 200 steps of numbers up to 2: four roundings a step. */
const rounding = 200 * 4 * 2 ** -53;

describe("the documents' example, x² from 1 at lr 0.1 in float32,", () => {
  const example = { start: [1], gradient: bowl, steps: 1, precision: "float32" } as const;
  const plain = { lr: 0.1 };
  const decayed = { lr: 0.1, weightDecay: 0.1 };

  test.each<[RuleName, Profile]>([
    ["sgd", "accurate"],
    ["sgd", "torch"],
    ["sgdw", "torch"],
  ])("goes to 0.800000011920929, with weight decay 0.1 to 0.7900000214576721: %s, %s", (rule, profile) => {
    expect(end({ ...example, rule, profile, hyper: plain })[0]).toBe(0.800000011920929);
    expect(end({ ...example, rule, profile, hyper: decayed })[0]).toBe(0.7900000214576721);
  });

  test("goes by SGDW in the accurate profile to the float32 below: its decay and step sum to a tie", () => {
    expect(end({ ...example, rule: "sgdw", hyper: plain })[0]).toBe(0.800000011920929);
    const [p] = end({ ...example, rule: "sgdw", hyper: decayed });
    expect(p).toBe(0.7899999618530273);
    expect(ulpError(p!, 0.79, 0.79)).toBeLessThan(0.65);
  });

  test("goes to 0.78 where the penalty is written λ‖w‖²", () => {
    const hyper = { lr: 0.1, weightDecay: weightDecayFromPenalty(0.1, { half: false }) };
    expect(end({ ...example, rule: "sgd", hyper })[0]).toBeCloseTo(0.78, 7);
  });

  test("goes on as in PyTorch: 0.6241000294685364, then 0.49303901195526123", () => {
    const [, second, third] = trajectory({ ...example, rule: "sgd", hyper: decayed, steps: 3 });
    expect([second![0], third![0]]).toEqual([0.6241000294685364, 0.49303901195526123]);
  });
});

describe("without momentum, L2 regularization is weight decay:", () => {
  const rates = [0.01, 0.1, 0.5].flatMap((lr) => [1e-4, 0.1, 0.9].map((lambda) => [lr, lambda] as const));

  test.each(rates)("λ' = lr λ at lr %d and λ %d", (lr, weightDecay) => {
    const same = { hyper: { lr, weightDecay }, start, gradient: noise, steps: 200 };
    const l2 = end({ ...same, rule: "sgd" });
    const hand = byHand(
      200,
      () => lr,
      () => lr * weightDecay,
    );
    for (const profile of ["accurate", "torch"] as const) {
      expect(distance(l2, end({ ...same, rule: "sgdw", profile }))).toBeLessThan(rounding);
    }
    expect(distance(l2, hand)).toBeLessThan(rounding);
  });

  const lrAt = (t: number): number => 0.05 * (1 + Math.cos((Math.PI * (t - 1)) / 200));
  const scheduled = { start, gradient: noise, steps: 200, vary: (t: number) => ({ lr: lrAt(t) }) };

  test("under a schedule λ' follows it, λ'ₜ = lrₜ λ", () => {
    const l2 = end({ ...scheduled, rule: "sgd", hyper: { weightDecay: 0.1 } });
    expect(distance(l2, end({ ...scheduled, rule: "sgdw", hyper: { weightDecay: 0.1 } }))).toBeLessThan(rounding);
    expect(
      distance(
        l2,
        byHand(200, lrAt, (t) => lrAt(t) * 0.1),
      ),
    ).toBeLessThan(rounding);
    // A constant λ' is another decay: over the cosine it takes twice as much.
    expect(
      distance(
        l2,
        byHand(200, lrAt, () => 0.1 * 0.1),
      ),
    ).toBeGreaterThan(0.2);
  });

  test("a constant λ' (Hanson & Pratt) is a λ that goes against the schedule", () => {
    const vary = (t: number) => ({ lr: lrAt(t), weightDecay: weightDecayFromShrink(0.01, lrAt(t)) });
    for (const rule of ["sgd", "sgdw"] as const) {
      const w = end({ ...scheduled, rule, hyper: {}, vary });
      expect(
        distance(
          w,
          byHand(200, lrAt, () => 0.01),
        ),
      ).toBeLessThan(rounding);
    }
  });

  test.each<[Profile, number]>([
    ["torch", 0.7],
    ["accurate", 0.9],
  ])("in float32 within 2 ulp, though not to the bit: %s, equal in more than %d of all weights", (profile, share) => {
    const n = 20_000;
    const draw = (stream: number) => Float32Array.from({ length: n }, (_, i) => randomSigned(1, stream, i));
    const [p, g] = [draw(1), draw(2)];
    const step = { hyper: { lr: 0.1, weightDecay: 0.1 }, start: p, gradient: () => g, steps: 1 };
    const l2 = end({ ...step, rule: "sgd", precision: "float32" });
    const decoupled = end({ ...step, rule: "sgdw", profile, precision: "float32" });
    const errors = Array.from(l2, (x, i) => ulpError(decoupled[i]!, x, Math.max(Math.abs(p[i]!), Math.abs(x))));
    expect(Math.max(...errors)).toBeLessThanOrEqual(2);
    const equal = errors.filter((error) => error === 0).length / n;
    expect(equal).toBeGreaterThan(share);
    expect(equal).toBeLessThan(1);
  });
});

test("with momentum, L2 regularization is not weight decay: 0.79 then 0.4351, and 0.79 then 0.4441", () => {
  const example = { start: [1], gradient: bowl, steps: 2, hyper: { lr: 0.1, momentum: 0.9, weightDecay: 0.1 } };
  const l2 = trajectory({ ...example, rule: "sgd" }).flat();
  const decoupled = trajectory({ ...example, rule: "sgdw" }).flat();
  expect(distance(l2, [0.79, 0.4351])).toBeLessThan(1e-15);
  // The first velocity is 2, not 2.1: 0.79 - 0.0079 - 0.1 (0.9 · 2 + 1.58)
  expect(distance(decoupled, [0.79, 0.4441])).toBeLessThan(1e-15);
});

describe("Adam with L2 regularization is not AdamW (Loshchilov & Hutter, Proposition 2):", () => {
  test("2,000 steps of noise, one weight's a thousand times the other's: AdamW shrinks both, Adam one alone", () => {
    const gradient = (t: number) => [1, 1000].map((scale) => scale * randomNormal(3, t, 0));
    /** What the decay took off each weight. */
    const extra = (rule: RuleName): [number, number] => {
      const same = { rule, start: [1, 1], gradient, steps: 2000 };
      const [a, b] = end({ ...same, hyper: { lr: 1e-3, weightDecay: 0 } });
      const [c, d] = end({ ...same, hyper: { lr: 1e-3, weightDecay: 0.1 } });
      return [a! - c!, b! - d!];
    };
    const [small, large] = extra("adamw");
    // Alone, 2,000 shrinks by 1e-4 take 1 - 0.9999^2000 = 0.1813; the noise's own steps shrink too.
    expect(small).toBeCloseTo(0.185518, 6);
    // eps, 1e-8 of a gradient of about 1, tells the two apart.
    expect(Math.abs(small / large - 1)).toBeLessThan(1e-8);
    const [near, far] = extra("adam");
    expect(near).toBeCloseTo(0.185501, 6);
    expect(far).toBeCloseTo(0.000204, 6);
    expect(near / far).toBeGreaterThan(100);
  });

  // So small that √v vanishes beside eps, which is then the whole preconditioner.
  const tiny = 1e-9;
  const [preconditioner, lr, lambda] = [4, 0.04, 0.5];
  const small = {
    start: start.map((x) => x * tiny),
    gradient: (t: number) => noise(t).map((g) => g * tiny),
    steps: 300,
  };
  const apart = (eps: number): number => {
    const hyper = { lr, beta1: 0, eps };
    const l2 = end({ ...small, rule: "adam", hyper: { ...hyper, weightDecay: lambda } });
    const decoupled = end({ ...small, rule: "adamw", hyper: { ...hyper, weightDecay: lambda / preconditioner } });
    return distance(l2, decoupled) / tiny;
  };

  test("with the preconditioner held at k times the identity, L2 with λ is decay with λ/k again", () => {
    // √v / eps is below 1e-9.
    expect(apart(preconditioner)).toBeLessThan(1e-9);
    expect(apart(1e-30)).toBeGreaterThan(1);
  });
});

describe("multiplying all gradients by 1024", () => {
  const scaled = (row: (typeof table)[number], factor: number, precision: "float32" | "float64") =>
    end({
      ...row,
      // Below any √v there is, so that the sum rounds it away.
      hyper: { ...row.hyper, eps: 1e-30 },
      start,
      gradient: (t) => noise(t).map((g) => g * factor),
      steps: 50,
      precision,
    });
  const named = (keep: (row: (typeof table)[number]) => boolean) =>
    table.filter(keep).map((row) => [`${row.rule}, ${row.desc}`, row] as const);
  /** Rules that divide by a root of a second moment or by a norm: eps is all that has a scale. */
  const normalized = (row: (typeof table)[number]): boolean =>
    /^(adamw?|rmsprop|adagrad|adamax|nadam|muon)$/.test(row.rule);
  const l2 = (row: (typeof table)[number]): boolean =>
    normalized(row) && ruleOf(row.rule)(row.hyper).decay === "coupled" && (row.hyper.weightDecay ?? 0) > 0;

  test.each(named((row) => normalized(row) && !l2(row)))("leaves every bit of %s", (_, row) => {
    for (const precision of ["float32", "float64"] as const) {
      expect(scaled(row, 1024, precision)).toEqual(scaled(row, 1, precision));
    }
  });

  test.each(named(l2))("changes %s, whose L2 gradient does not grow along", (_, row) => {
    expect(distance(scaled(row, 1024, "float64"), scaled(row, 1, "float64"))).toBeGreaterThan(0.01);
  });

  test.each(named((row) => row.rule.startsWith("sgd")))("with the weights scales every bit of %s", (_, row) => {
    const at = (factor: number) =>
      run({
        ...row,
        start: start.map((x) => x * factor),
        gradient: (t) => noise(t).map((g) => g * factor),
        steps: 50,
        precision: "float32",
      }).param;
    expect(at(1024)).toEqual(at(1).map((x) => x * 1024));
  });
});
