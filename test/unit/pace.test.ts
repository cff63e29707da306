import { expect, test } from "vitest";
import { Pace } from "../../src/train/pace.ts";

/** The parts of the steps after those that took so many milliseconds. */
function partsAfter(pace: Pace, ...durations: number[]): number[] {
  let now = 1000;
  return durations.map((duration, i) => {
    pace.begin(i, now);
    now += duration;
    pace.end(i, now);
    return pace.parts;
  });
}

test("a step that nobody knows is cut up; a short one is put together again, bit by bit", () => {
  const pace = new Pace(200);
  expect(pace.parts).toBe(8);
  expect(partsAfter(pace, ...Array(8).fill(10))).toEqual([7, 6, 5, 4, 3, 2, 1, 1]);
});

test("a long step is cut at once, with room to spare, and never endlessly", () => {
  expect(partsAfter(new Pace(200), 10, 1000, 1000, 1e6)).toEqual([7, 10, 10, 64]);
});

test("a step runs since it was submitted or since the one before it was done", () => {
  const pace = new Pace(200);
  for (let step = 0; step < 20; step++) pace.begin(step, 0);
  for (let step = 0; step < 20; step++) pace.end(step, 150 * (step + 1));
  expect(pace.parts).toBe(2);
});

test("without a limit it is one submit", () => {
  expect(partsAfter(new Pace(Number.POSITIVE_INFINITY), 1e6, 1e6)).toEqual([1, 1]);
});
