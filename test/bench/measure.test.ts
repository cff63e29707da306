// How contenders take turns, by a clock that only their steps move.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Contender, interleaved } from "../../bench/measure.ts";

let now = 0;
let log: string[] = [];
beforeEach(() => {
  [now, log] = [0, []];
  vi.spyOn(performance, "now").mockImplementation(() => now);
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** Steps that take so long to queue and then, until the wait ends, so long each. */
function contender(name: string, queueMs: number, ms: number): Contender {
  let queued = 0;
  return {
    name,
    step: () => {
      log.push(name);
      queued++;
      now += queueMs;
    },
    settle: async () => {
      now += queued * (ms - queueMs);
      queued = 0;
    },
    destroy: () => {},
  };
}

test("contenders take turns, after a step of each that is not timed", async () => {
  const timings = await interleaved([contender("a", 1, 50), contender("b", 2, 70)], { rounds: 2 });
  expect(log.join("")).toBe("ababab");
  expect(timings.map(({ msMedian, encodeUs, msRounds }) => [msMedian, encodeUs, msRounds])).toEqual([
    [50, 1000, [50, 50]],
    [70, 2000, [70, 70]],
  ]);
});

test("fast steps are repeated until a round takes long enough", async () => {
  const [timing] = await interleaved([contender("a", 0.5, 4)], { rounds: 1, roundMs: 20 });
  expect(log.length).toBe(1 + 1 + 5);
  expect([timing?.msMedian, timing?.encodeUs]).toEqual([4, 500]);
});

test("what is slow is not timed again, but once it is", async () => {
  const [timing] = await interleaved([contender("a", 1, 3000)], { rounds: 7, untilMs: 2000 });
  expect(log.length).toBe(2);
  expect(timing?.msRounds).toEqual([3000]);
});
