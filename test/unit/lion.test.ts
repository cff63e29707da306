/** What is Lion's own: steps of one size, whatever the gradient, and what that does to small decays. */
import { describe, expect, test } from "vitest";
import { randomSigned } from "../../src/numbers/random.ts";
import { distance, end } from "./lawsRun.ts";

const steps = 1000;
const count = 1024;
/** |p| evenly over two whole binades. */
const start = Float32Array.from({ length: count }, (_, i) => {
  const p = randomSigned(31, 0, i);
  return Math.sign(p) * (0.5 + 1.5 * Math.abs(p));
});
const noise = Array.from({ length: steps + 1 }, (_, t) =>
  Float32Array.from({ length: count }, (_, i) => randomSigned(32, t, i)),
);

test.each(["accurate", "torch"] as const)(
  "%s: a gradient's size does not matter, and none steps nowhere",
  (profile) => {
    const run = { rule: "lion", hyper: { lr: 0.25 }, start: [1, 1, 1, 1], steps: 2, profile } as const;
    expect([...end({ ...run, gradient: () => [1e-30, -1e-3, 1e3, 0] })]).toEqual([0.5, 1.5, 0.5, 1]);
  },
);

describe("the decay that happens over the one that was asked for, in the accurate profile", () => {
  const peak = 1e-4;
  const constant = () => peak;
  const cosine = (t: number) => peak * 0.5 * (1 + Math.cos((Math.PI * t) / 1500));

  function realised(shrink: number, lrAt: (t: number) => number): number {
    const run = { rule: "lion", hyper: {}, start, gradient: (t: number) => noise[t]!, steps } as const;
    const vary = (t: number) => ({ lr: lrAt(t), weightDecay: shrink / lrAt(t) });
    const free = end({ ...run, vary: (t) => ({ ...vary(t), weightDecay: 0 }) });
    const inward = (values: ArrayLike<number>): number =>
      Array.from(free).reduce((sum, p, i) => sum + Math.sign(p) * (p - values[i]!), 0);
    return inward(end({ ...run, vary, precision: "float32" })) / inward(end({ ...run, vary }));
  }

  test.each([1e-5, 1e-6, 1e-7, 1e-8])("on a schedule, %d a step is true within 5 percent", (shrink) => {
    expect(Math.abs(realised(shrink, cosine) - 1)).toBeLessThan(0.05);
  });

  // All steps have one size there, so that they do not dither the rounding of p as noise does.
  test("at a constant lr, 1e-6 a step is true within 1 percent, and 1e-8 is lost", () => {
    expect(Math.abs(realised(1e-6, constant) - 1)).toBeLessThan(0.01);
    expect(Math.abs(realised(1e-8, constant))).toBeLessThan(0.1);
  });
});

test("lr and λ alone set the fixed point: under gradients of one sign p goes to -1 / λ", () => {
  const run = { rule: "lion", hyper: { lr: 0.01, weightDecay: 4 }, start: [1, -1], steps: 1000 } as const;
  expect(distance(end({ ...run, gradient: () => [1e-4, 7] }), [-0.25, -0.25])).toBeLessThan(1e-14);
});
