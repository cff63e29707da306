/** Whose random bits are whose in stochastic rounding. That they look random is tested in random.test.ts. */
import { expect, test } from "vitest";
import { randomBits } from "../../src/numbers/random.ts";
import { seedOfStep, streamOf } from "../../src/reference/roundingStreams.ts";

test("no two steps of a run have one seed, and no two roles of any tensors one stream", () => {
  const steps = Array.from({ length: 10_000 }, (_, i) => seedOfStep(7, i + 1));
  expect(new Set(steps).size).toBe(10_000);
  expect(steps.every((seed) => seed === seed >>> 0)).toBe(true);
  const streams = [0, 1, 2, 1000].flatMap((tensor) => (["param", "m", "v"] as const).map((r) => streamOf(tensor, r)));
  expect(new Set(streams).size).toBe(12);
});

test("from step to step, tensor to tensor and role to role they have nothing in common", () => {
  const draws = 1 << 16;
  const signed = (seed: number, stream: number) => (i: number) => randomBits(seed, stream, i) * 2 ** -31 - 1;
  const base = signed(seedOfStep(1, 1), streamOf(0, "m"));
  for (const [t, tensor, role] of [
    [2, 0, "m"],
    [1, 1, "m"],
    [1, 0, "v"],
    [1, 0, "param"],
  ] as const) {
    const other = signed(seedOfStep(1, t), streamOf(tensor, role));
    let sum = 0;
    for (let i = 0; i < draws; i++) sum += base(i) * other(i);
    // The product of two such numbers has variance 1/9; five standard deviations of the mean.
    expect(Math.abs(sum / draws)).toBeLessThan(5 / 3 / 256);
  }
});
