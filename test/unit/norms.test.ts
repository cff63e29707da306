/** What is the own of rules that take the norm of a tensor: how long a step is, and when the norms are left out of it. */
import { describe, expect, test } from "vitest";
import { float32, float64, type Tiling } from "../../src/reference/index.ts";
import { norm, total } from "../../src/reference/total.ts";
import { gradientAt, initialParam } from "../parity/fixtures.ts";
import type { RowHyper, RuleName } from "../parity/table.ts";
import { distance, end, norm as lengthOf, run, trajectory } from "./lawsRun.ts";

const count = 60;
const seed = 11;
const start = initialParam(seed, count);
const gradient = (t: number): Float32Array => gradientAt(seed, t, count);
const common = { start, gradient, steps: 20 };
const times = (factor: number, values: ArrayLike<number>): number[] => Array.from(values, (x) => factor * x);
const minus = (a: ArrayLike<number>, b: ArrayLike<number>): number[] => Array.from(a, (x, i) => x - b[i]!);

describe("LAMB", () => {
  test.each([0.01, 0.5, 20])(
    "steps by lr times the length of the tensor, whatever the decay: λ = %d",
    (weightDecay) => {
      let before = [...start];
      for (const after of trajectory({ ...common, rule: "lamb", hyper: { lr: 0.01, weightDecay } })) {
        expect(lengthOf(minus(after, before)) / lengthOf(before)).toBeCloseTo(0.01, 14);
        before = after;
      }
    },
  );

  test("shrinks by lr where nothing but the decay is left", () => {
    const still = { start, gradient: () => new Float32Array(count), steps: 1 };
    const shrunk = end({ ...still, rule: "lamb", hyper: { lr: 0.25, weightDecay: 1e-4 } });
    expect(distance(shrunk, times(0.75, start))).toBeLessThan(1e-15);
  });

  test("multiplying all gradients changes nothing", () => {
    const hyper = { lr: 0.01, weightDecay: 0.1, eps: 1e-30 };
    const scaled = (factor: number) =>
      end({ ...common, rule: "lamb", hyper, gradient: (t) => times(factor, gradient(t)), precision: "float32" });
    expect(scaled(1024)).toEqual(scaled(1));
  });
});

describe("LARS", () => {
  const hyper = { lr: 0.5, trustCoefficient: 0.1, weightDecay: 0.2, eps: 1e-30 };

  test("steps by no more than lr η times the length of the tensor, and by that where g and p are parallel", () => {
    const steps = { ...common, rule: "lars" as const, hyper, steps: 1 };
    expect(lengthOf(minus(end(steps), start)) / lengthOf(start)).toBeLessThan(0.05);
    const parallel = end({ ...steps, gradient: (_, p) => times(3, p) });
    expect(distance(parallel, times(0.95, start))).toBeLessThan(1e-15);
  });

  test("without a decay, multiplying all gradients changes nothing", () => {
    const adapting = { ...hyper, weightDecay: 0, alwaysAdapt: true, momentum: 0.9 };
    const scaled = (factor: number) =>
      end({ ...common, rule: "lars", hyper: adapting, gradient: (t) => times(factor, gradient(t)) });
    expect(distance(scaled(1000), scaled(1))).toBeLessThan(1e-14);
  });
});

describe("without a decay and without alwaysAdapt, or where a norm is 0, the norms are left out:", () => {
  const plain: [RuleName, RowHyper, RuleName, RowHyper][] = [
    ["lamb", { weightDecay: 0, eps: 1e-8 }, "adam", {}],
    ["lars", { lr: 0.1, momentum: 0.9 }, "sgd", { lr: 0.1, momentum: 0.9 }],
  ];
  test.each(plain)("%s %j is %s %j", (rule, hyper, other, its) => {
    const without = end({ ...common, rule, hyper });
    expect(distance(without, end({ ...common, rule: other, hyper: its }))).toBeLessThan(1e-14);
    expect(distance(without, end({ ...common, rule, hyper: { ...hyper, alwaysAdapt: true } }))).toBeGreaterThan(1e-3);
  });

  test.each(plain)("%s %j from zeros begins as %s %j", (rule, hyper, other, its) => {
    const first = { start: new Float64Array(count), gradient, steps: 1 };
    const adapting = end({ ...first, rule, hyper: { ...hyper, alwaysAdapt: true } });
    expect(distance(adapting, end({ ...first, rule: other, hyper: its }))).toBeLessThan(1e-15);
  });

  test("LARS without a gradient decays as SGD does", () => {
    const still = { start, gradient: () => new Float32Array(count), steps: 3, hyper: { lr: 0.5, weightDecay: 0.2 } };
    expect(distance(end({ ...still, rule: "lars" }), end({ ...still, rule: "sgd" }))).toBeLessThan(1e-15);
  });
});

describe("StableAdamW", () => {
  const hyper = { lr: 0.01, weightDecay: 0.1 };
  const calm = (t: number): number[] => Array.from({ length: count }, (_, i) => Math.sin(i + 1) / t);

  test("is AdamW while RMS is not above 1, and its moments are AdamW's with their bias corrected", () => {
    const same = { start, gradient: calm, steps: 10, hyper: { ...hyper, beta2: 0.99 } };
    const [stable, plain] = [run({ ...same, rule: "stableAdamw" }), run({ ...same, rule: "adamw" })];
    expect(distance(stable.param, plain.param)).toBeLessThan(1e-14);
    expect(distance(stable.m!, times(1 / (1 - 0.9 ** 10), plain.m!))).toBeLessThan(1e-15);
    expect(distance(stable.v!, times(1 / (1 - 0.99 ** 10), plain.v!))).toBeLessThan(1e-15);
  });

  test("divides the learning rate of step and decay by RMS where it is", () => {
    const spike = (t: number): number[] => times(t === 5 ? 1000 : 1, calm(t));
    const same = { start, gradient: spike, rule: "stableAdamw" as const, hyper };
    const before = run({ ...same, steps: 4 }).param;
    const { param, m, v } = run({ ...same, steps: 5 });
    const rms = Math.sqrt(spike(5).reduce((sum, g, i) => sum + (g * g) / v![i]!, 0) / count);
    expect(rms).toBeGreaterThan(2);
    const rate = hyper.lr / rms;
    const wanted = Array.from(
      before,
      (p, i) => p - rate * (hyper.weightDecay * p + m![i]! / (Math.sqrt(v![i]!) + 1e-8)),
    );
    expect(distance(param, wanted)).toBeLessThan(1e-15);
  });
});

describe("a sum over a tensor", () => {
  const tilings: Tiling[] = [256, 64, 1].flatMap((lanes) => [8, 3, 1].map((rounds) => ({ lanes, rounds })));

  test.each(tilings)("does not lose or repeat an element: %j", (tiling) => {
    expect(total(2050, (i) => i, float32, tiling)).toBe((2050 * 2049) / 2);
  });

  test("is the norm within half an ulp a level, in float32", () => {
    const values = initialParam(seed, 2050);
    const exact = lengthOf(values);
    for (const tiling of tilings) {
      expect(Math.abs(norm(values, float32, tiling) / exact - 1)).toBeLessThan(16 * 2 ** -24);
      expect(Math.abs(norm(values, float64, tiling) / exact - 1)).toBeLessThan(16 * 2 ** -53);
    }
  });

  test("of nothing is 0", () => expect(norm(new Float32Array(), float32)).toBe(0));
});
