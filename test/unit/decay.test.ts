/** What a weight decay says and does: half-lives, time scales, conventions, and which tensors it leaves alone. */

import { describe, expect, test } from "vitest";
import {
  exemptByDefault,
  halfLife,
  type Role,
  shrinkPerStep,
  timescale,
  weightDecayFromPenalty,
  weightDecayFromShrink,
} from "../../src/optim/index.ts";
import type { Profile, Values } from "../../src/reference/index.ts";
import { gradientAt, initialParam } from "../parity/fixtures.ts";
import { type RuleName, table } from "../parity/table.ts";
import { distance, end, type Run, run } from "./lawsRun.ts";

const still = () => [0];
const lr = 1e-3;

describe("the half-life", () => {
  test("is ln 2 / -ln(1 - lr λ) steps: 692.8 at a shrink of 1e-3, 69,314.4 at 1e-5, 1 at a half", () => {
    expect(halfLife(1e-3)).toBeCloseTo(692.8005, 4);
    expect(halfLife(1e-5)).toBeCloseTo(69_314.3715, 4);
    expect(halfLife(0.5)).toBe(1);
    expect(halfLife(shrinkPerStep(3e-4, 0.1))).toBeCloseTo(Math.LN2 / 3e-5, 0);
    // A shrink far below float64's resolution at 1 still has one.
    expect(halfLife(1e-20) / (Math.LN2 / 1e-20)).toBeCloseTo(1, 12);
  });

  const halve = (rule: RuleName, shrink: number, steps: number, way: Pick<Run, "profile" | "precision">): number =>
    end({ ...way, rule, hyper: { lr, weightDecay: shrink / lr }, start: [1], gradient: still, steps })[0]!;

  // Coupled decay is here too: without momentum it is the same.
  const ways: [RuleName, Profile][] = [
    ["adamw", "accurate"],
    ["sgdw", "accurate"],
    ["sgd", "accurate"],
  ];

  test.each(ways)("of %s in the %s profile is true in float32: 693 steps at 1e-3, 69,314 at 1e-5", (rule, profile) => {
    for (const [shrink, steps] of [
      [1e-3, 693],
      [1e-5, 69_314],
    ] as const) {
      const kept = (1 - shrink) ** steps;
      expect(kept).toBeCloseTo(0.5, 3);
      expect(Math.abs(halve(rule, shrink, steps, { profile, precision: "float64" }) / kept - 1)).toBeLessThan(1e-10);
      // Without noise the roundings do not average out: half an ulp a step at worst, 2e-5 by optimizers.md.
      expect(Math.abs(halve(rule, shrink, steps, { profile, precision: "float32" }) - kept)).toBeLessThan(2e-5);
    }
    expect(halve(rule, 1e-5, 69_314, { profile, precision: "float32" })).toBeCloseTo(0.500006, 6);
  });

  test.each(["adamw", "sgdw"] as const)(
    "of %s in the torch profile is short: its f32(1 - 1e-5) leaves 0.49954",
    (rule) => {
      const left = halve(rule, 1e-5, 69_314, { profile: "torch", precision: "float32" });
      expect(left).toBeCloseTo(0.499536, 6);
      // 1.00136 times the decay that was asked for.
      expect(Math.log(left) / Math.log((1 - 1e-5) ** 69_314)).toBeCloseTo(1.00136, 4);
    },
  );

  test.each(["adamw", "sgdw"] as const)("of %s in the torch profile is endless below a shrink of 2^-25", (rule) => {
    expect(halve(rule, 2.9e-8, 1000, { profile: "torch", precision: "float32" })).toBe(1);
    // Accurate decay stalls too, below half an ulp and without noise; test/optim/realisedDecay has the noise.
    expect(halve(rule, 2.9e-8, 1000, { profile: "accurate", precision: "float32" })).toBe(1);
    expect(halve(rule, 6.1e-8, 1000, { profile: "accurate", precision: "float32" })).toBeLessThan(1);
  });
});

describe("the timescale", () => {
  test("is 1 / (lr λ) steps, after which a step's trace in the weights is 1/e of what it was", () => {
    const shrink = 1e-3;
    const steps = timescale(shrink);
    expect(steps).toBeCloseTo(1000, 9);
    const impulse = (t: number) => [t === 1 ? 1 : 0];
    const trace: number[] = [];
    const hyper = { lr, weightDecay: weightDecayFromShrink(shrink, lr) };
    run({ rule: "sgdw", hyper, start: [0], gradient: impulse, steps: 1 + steps }, (_, { param }) =>
      trace.push(param[0]!),
    );
    expect(trace.at(-1)! / trace[0]!).toBeCloseTo((1 - shrink) ** steps, 12);
    // (1 - 1/τ)^τ is e^-1 to the order of 1/2τ.
    expect(Math.abs((Math.E * trace.at(-1)!) / trace[0]! - 1)).toBeLessThan(1 / steps);
  });

  test("is what AdamW's weights average over: they are the moving average, by lr λ, of -step / (lr λ)", () => {
    const count = 8;
    const gradient = (t: number) => gradientAt(3, t, count);
    const start = initialParam(3, count);
    const weightDecay = 0.5;
    const shrink = shrinkPerStep(lr, weightDecay);
    // The steps themselves, from the rule without decay: the moments do not see the decay.
    let average = Float64Array.from(start);
    let before: Values = Float64Array.from(start);
    run({ rule: "adamw", hyper: { lr, weightDecay: 0 }, start, gradient, steps: 200 }, (_, { param }) => {
      average = average.map((w, i) => w + shrink * ((param[i]! - before[i]!) / shrink - w));
      before = param.slice();
    });
    const w = end({ rule: "adamw", hyper: { lr, weightDecay }, start, gradient, steps: 200 });
    expect(distance(w, average)).toBeLessThan(1e-13);
  });
});

describe("the conventions for λ", () => {
  const start = initialParam(4, 16);
  const noise = (t: number) => gradientAt(4, t, 16);

  /** The slope of the penalty as it is written: a difference over a width of 1, exact for squares. */
  const slope = (penalty: (w: number) => number, w: number): number => penalty(w + 0.5) - penalty(w - 0.5);

  test.each<[string, boolean, (w: number) => number]>([
    ["(λ/2)‖w‖²", true, (w) => 0.05 * w * w],
    ["λ‖w‖²", false, (w) => 0.1 * w * w],
  ])("%s: its weightDecay gives the trajectory of the loss with that penalty", (_, half, penalty) => {
    const weightDecay = weightDecayFromPenalty(0.1, { half });
    expect(weightDecay).toBe(half ? 0.1 : 0.2);
    for (const rule of ["sgd", "adam"] as const) {
      const decayed = end({ rule, hyper: { lr, weightDecay }, start, gradient: noise, steps: 200 });
      const penalized: Run["gradient"] = (t, w) => Array.from(noise(t), (g, i) => g + slope(penalty, w[i]!));
      const byHand = end({ rule, hyper: { lr, weightDecay: 0 }, start, gradient: penalized, steps: 200 });
      // Float64's rounding of the two slopes; the worst is 1.1e-16.
      expect(distance(decayed, byHand)).toBeLessThan(1e-14);
    }
  });

  test("a shrink per step is a weightDecay by the learning rate, there and back", () => {
    for (const shrink of [1e-8, 1e-4, 0.5]) {
      expect(shrinkPerStep(lr, weightDecayFromShrink(shrink, lr)) / shrink).toBeCloseTo(1, 15);
    }
  });
});

describe("by default the decay", () => {
  type Case = [string, readonly number[], Role | undefined, "decays" | "is exempt"];
  test.each<Case>([
    ["fc.weight", [784, 256], undefined, "decays"],
    ["conv.weight", [8, 3, 5, 5], undefined, "decays"],
    ["fc.bias", [256], undefined, "is exempt"],
    ["bias", [1, 256], undefined, "is exempt"],
    ["conv.bias", [1, 8, 1, 1], undefined, "is exempt"],
    ["ln_1.weight", [768], undefined, "is exempt"],
    ["temperature", [], undefined, "is exempt"],
    ["wte", [50_257, 768], undefined, "decays"],
    ["wte", [50_257, 768], "embedding", "is exempt"],
    ["norm.scale", [4, 4], "norm", "is exempt"],
    ["shift", [4, 4], "bias", "is exempt"],
    ["fc.bias", [256], "weight", "decays"],
    ["flat", [4096], "weight", "decays"],
  ])("%s %j, role %s: %4$s", (name, shape, role, expected) => {
    const exempt = exemptByDefault({ name, shape, ...(role && { role }) });
    expect(exempt ? "is exempt" : "decays").toBe(expected);
  });

  const tensors = [
    { name: "fc.weight", shape: [4, 4] },
    { name: "fc.bias", shape: [16] },
    { name: "norm.scale", shape: [4, 4], role: "norm" as const },
  ];

  test.each(table.map((row) => [`${row.rule}, ${row.desc}`, row] as const))(
    "leaves biases and norms alone, and nothing else: λ = 0 or 0.9 are one trajectory for them by %s",
    (_, row) => {
      const ends = (tensor: (typeof tensors)[number], weightDecay: number) => {
        // As the optimizer has it: an exempt tensor's weightDecay is 0, whatever its group's.
        const spared = exemptByDefault(tensor) ? 0 : weightDecay;
        const vary = (t: number) => ({ ...row.vary?.(t), weightDecay: spared });
        return end({ ...row, vary, start: initialParam(4, 16), gradient: (t) => gradientAt(4, t, 16), steps: 20 });
      };
      for (const tensor of tensors) {
        const apart = distance(ends(tensor, 0), ends(tensor, 0.9));
        if (exemptByDefault(tensor)) expect(apart).toBe(0);
        else expect(apart).toBeGreaterThan(1e-3);
      }
    },
  );
});
