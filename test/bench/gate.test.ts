import { expect, test } from "vitest";
import { lossGate, updateGate, worstLoss, worstParameter } from "../../bench/peers/gate.ts";

const reference = [4.7, 3.9, 3.7];

test("losses are off by the worst of them, relative to the reference's", () => {
  expect(worstLoss(reference, reference)).toBe(0);
  expect(worstLoss([4.7, 3.9 * 1.01, 3.7], reference)).toBeCloseTo(0.01, 9);
});

test.for([
  { what: "a step too few", losses: [4.7, 3.9] },
  { what: "no number", losses: [4.7, Number.NaN, 3.7] },
  { what: "infinity", losses: [4.7, 3.9, Number.POSITIVE_INFINITY] },
])("$what is never within the gate", ({ losses }) => {
  expect(worstLoss(losses, reference)).toBeGreaterThan(lossGate);
});

test("parameters are off by the worst of them, relative to the longest way that one went", () => {
  const start = [1, 2, 3];
  const moved = [1.1, 1.9, 3.2];
  expect(worstParameter(moved, moved, start)).toBe(0);
  expect(worstParameter([1.1, 1.9, 3.19], moved, start)).toBeCloseTo(0.05, 9);
  expect(worstParameter(start, moved, start)).toBeGreaterThan(updateGate);
});
