/** The random bits of stochastic rounding. That they look random is tested of the engine's, which they are. */
import { expect, test } from "vitest";
import { randomBits as enginesBits } from "../../src/engine/random.ts";
import { randomBits, seedOfStep, streamOf } from "../../src/reference/randomBits.ts";

test("they are the engine's, which are tested against fixed vectors", () => {
  const counters = Array.from(
    { length: 1_000 },
    (_, i) => [i * 0x01234567, i % 7, 0xffffffff - i * 1_000_003] as const,
  );
  const words = counters.map(([seed, stream, index]) => randomBits(seed >>> 0, stream, index >>> 0));
  expect(words).toEqual(counters.map(([seed, stream, index]) => enginesBits(seed >>> 0, stream, index >>> 0)));
});

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
