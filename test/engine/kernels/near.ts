import { expect } from "vitest";

/** Half a unit in the last place of 1 in float32. */
export const unit = 2 ** -24;

/** Every element is as close to the expected one as allowed; both arrays are of one length. */
export function expectNear(
  what: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  allowed: (i: number) => number,
): void {
  expect(actual.length, what).toBe(expected.length);
  for (let i = 0; i < actual.length; i++) {
    const [got, wanted] = [actual[i] as number, expected[i] as number];
    if (Math.abs(got - wanted) <= allowed(i)) continue;
    expect.fail(`${what}: element ${i}: got ${got}, expected ${wanted} (allowed to be off by ${allowed(i)})`);
  }
}
