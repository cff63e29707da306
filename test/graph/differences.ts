import { expect } from "vitest";
import type { Numbers } from "../../src/reference/index.ts";

/**
 * The slopes of a loss along elements of a leaf, all by default, by the four-point formula, whose own error is 4e-18 of the
 * fifth derivative and 1e-11 of the loss.
 */
export function differences(
  lossAt: (moved: Float64Array) => number,
  leaf: Numbers,
  elements: readonly number[] = Array.from(leaf, (_, i) => i),
): number[] {
  const h = 1e-4;
  const at = Float64Array.from(leaf);
  const moved = (i: number, step: number): number => {
    const numbers = at.slice();
    numbers[i] = (at[i] as number) + step;
    return lossAt(numbers);
  };
  return elements.map((i) => {
    const near = moved(i, h) - moved(i, -h);
    const far = moved(i, 2 * h) - moved(i, -2 * h);
    return (8 * near - far) / (12 * h);
  });
}

/** Within 1e-6 of each slope; of the largest one's thousandth where a slope is smaller than that. */
export function expectNear(found: readonly number[], slopes: readonly number[], name: string): void {
  expect(found.length).toBe(slopes.length);
  const floor = 1e-3 * Math.max(...slopes.map(Math.abs), 1e-3);
  const wrong = found.findIndex((value, i) => {
    const slope = slopes[i] as number;
    return !(Math.abs(value - slope) <= 1e-6 * Math.max(Math.abs(slope), floor));
  });
  if (wrong >= 0) expect.fail(`d loss / d ${name}[${wrong}]: got ${found[wrong]}, differences say ${slopes[wrong]}`);
}
