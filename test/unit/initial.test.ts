import { describe, expect, it } from "vitest";
import { initial, randomSigned } from "../../src/engine/index.ts";
import type { Initial } from "../../src/graph/index.ts";

const COUNT = 1 << 16;
const draw = (start: Initial, seed = 5, stream = 1): Float32Array => {
  if (typeof start === "number") return new Float32Array(COUNT).fill(start);
  return start(COUNT, seed, stream);
};
const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, x) => sum + x, 0) / values.length;
function std(values: Float32Array): number {
  const center = mean(values);
  return Math.sqrt(mean(values.map((x) => (x - center) ** 2)));
}

const fans = { fanIn: 300, fanOut: 500 };
/** Of a standard normal cut at ±2: √(1 − 2 · 2 φ(2) / (2 Φ(2) − 1)). */
const OF_THE_CUT = 0.8796256610342398;
/** Standard deviations by PyTorch's formulas (`torch/nn/init.py`); a uniform one's is its bound over √3. */
const rows: readonly (readonly [name: string, start: Initial, std: number, bound: number])[] = [
  ["uniform", initial.uniform(0.3), 0.3 / Math.sqrt(3), 0.3],
  ["normal", initial.normal(0.02), 0.02, 0.02 * 5.8],
  ["truncatedNormal", initial.truncatedNormal(0.02), 0.02 * OF_THE_CUT, 0.04],
  ["xavierUniform", initial.xavierUniform(fans), Math.sqrt(2 / 800), Math.sqrt(6 / 800)],
  [
    "xavierUniform of tanh",
    initial.xavierUniform(fans, 5 / 3),
    (5 / 3) * Math.sqrt(2 / 800),
    (5 / 3) * Math.sqrt(6 / 800),
  ],
  ["xavierNormal", initial.xavierNormal(fans), Math.sqrt(2 / 800), 5.8 * Math.sqrt(2 / 800)],
  ["kaimingUniform", initial.kaimingUniform(fans), Math.sqrt(2 / 300), Math.sqrt(6 / 300)],
  ["kaimingUniform without gain", initial.kaimingUniform(fans, 1), Math.sqrt(1 / 300), Math.sqrt(3 / 300)],
  ["kaimingNormal", initial.kaimingNormal(fans), Math.sqrt(2 / 300), 5.8 * Math.sqrt(2 / 300)],
];

describe.each(rows)("%s", (_, start, wanted, bound) => {
  const values = draw(start);

  it("has its mean, deviation and bounds", () => {
    // Of 65,536 draws the mean is within 5/256 deviations, and the deviation itself within 5/362 of it.
    expect(Math.abs(mean(values))).toBeLessThan((5 / 256) * wanted);
    expect(Math.abs(std(values) / wanted - 1)).toBeLessThan(5 / 362);
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(Math.fround(bound));
    expect(Math.max(...values.map(Math.abs))).toBeGreaterThan(0.6 * bound);
  });

  it("is the same for the same seed and stream only", () => {
    expect(draw(start)).toEqual(values);
    expect(draw(start, 6)).not.toEqual(values);
    expect(draw(start, 5, 2)).not.toEqual(values);
  });
});

it("draws from the generator, and rounds once", () => {
  const values = draw(initial.uniform(0.1));
  expect([...values.subarray(0, 9)]).toEqual(
    Array.from({ length: 9 }, (_, i) => Math.fround(0.1 * randomSigned(5, 1, i))),
  );
  expect(initial.constant(3)).toBe(3);
});
