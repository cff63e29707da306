import { expect, test } from "vitest";
import { Batches } from "../../src/train/batches.ts";
import type { Examples } from "../../src/train/datasets.ts";

/** Example i is [i, i + 1/2] of class i mod 3. */
const examples: Examples = {
  count: 10,
  x: Float32Array.from({ length: 20 }, (_, i) => Math.floor(i / 2) + (i % 2) / 2),
  y: Uint32Array.from({ length: 10 }, (_, i) => i % 3),
};

function batch(batches: Batches, step: number): number[] {
  const x = new Float32Array(8);
  const y = new Uint32Array(4);
  batches.fill(step, x, y);
  const chosen = [...x].filter((_, i) => i % 2 === 0);
  expect([...x]).toEqual(chosen.flatMap((example) => [example, example + 0.5]));
  expect([...y]).toEqual(chosen.map((example) => example % 3));
  return chosen;
}

test("an epoch has every example at most once, and leaves out what fills no batch", () => {
  const batches = new Batches(examples, 4, 1);
  expect(batches.stepsPerEpoch).toBe(2);
  for (let epoch = 0; epoch < 20; epoch++) {
    expect(new Set([...batch(batches, 2 * epoch), ...batch(batches, 2 * epoch + 1)]).size).toBe(8);
  }
});

test("a batch is a function of seed and step", () => {
  const batches = new Batches(examples, 4, 1);
  const steps = Array.from({ length: 12 }, (_, step) => batch(batches, step));
  expect([7, 0, 11, 3].map((step) => batch(batches, step))).toEqual([7, 0, 11, 3].map((step) => steps[step]));
  expect(batch(new Batches(examples, 4, 2), 0)).not.toEqual(steps[0]);
  expect(new Set(steps.map(String)).size).toBe(12);
});
