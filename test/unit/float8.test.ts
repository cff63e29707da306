/** 8-bit moments, over all codes and scales. */
import { describe, expect, test } from "vitest";
import { randomBits } from "../../src/numbers/random.ts";
import { blockSize, type Float8Kind, fromFloat8, toFloat8 } from "../../src/reference/float8.ts";

const randomAt = (i: number): number => randomBits(1, 2, i);
const upAlways = (): number => 0xffffffff;
const downAlways = (): number => 0;

const allCodes = Uint8Array.from({ length: 256 }, (_, code) => code);
const kinds = [
  { kind: "signed", mostBinades: 14, largestScale: 2 ** 113, relative: 2 ** 14 * 1.875 },
  { kind: "unsigned", mostBinades: 30, largestScale: 2 ** 97, relative: 2 ** 30 * 1.875 },
] as const satisfies readonly { kind: Float8Kind; [name: string]: unknown }[];

describe.each(kinds)("$kind", ({ kind, largestScale, relative }) => {
  const numbers = (scale: number, codes = allCodes) => fromFloat8({ codes, scales: Float32Array.of(scale) }, kind);

  test.each([2 ** -123, 2 ** -30, 1, 2 ** 60, largestScale])("all codes come back, at the scale %d", (scale) => {
    for (const random of [upAlways, downAlways, randomAt]) {
      expect(toFloat8(numbers(scale), kind, random)).toEqual({ codes: allCodes, scales: Float32Array.of(scale) });
    }
  });

  test("the codes are in the order of their numbers; eight is the scale, and the last the largest", () => {
    const values = numbers(0.5, allCodes.subarray(0, kind === "signed" ? 128 : 256) as typeof allCodes);
    expect(values.findIndex((value, i) => i > 0 && value <= (values[i - 1] as number))).toBe(-1);
    expect([values[0], values[1], values[8], values.at(-1)]).toEqual([0, 0.5 / 8, 0.5, 0.5 * relative]);
  });

  test("a state that was never written is zero", () => {
    const zeros = { codes: new Uint8Array(300), scales: new Float32Array(2) };
    expect(fromFloat8(zeros, kind)).toEqual(new Float32Array(300));
    const found = toFloat8(new Float32Array(300), kind, randomAt);
    expect(fromFloat8(found, kind)).toEqual(new Float32Array(300));
  });

  test("the largest number of a block is not cut off, and the scale is the smallest that lets it be", () => {
    for (const largest of [1, 1.874, 1.875, 1.8751, 1.99, 2, 1e-20, 3e38].map(Math.fround)) {
      const found = toFloat8(Float32Array.of(largest, largest / 2), kind, randomAt);
      const [first = 0, second = 0] = fromFloat8(found, kind);
      expect(Math.abs(first - largest) / largest).toBeLessThanOrEqual(1 / 8);
      expect(Math.abs(second - largest / 2) / largest).toBeLessThanOrEqual(1 / 8);
      const top = Math.fround((found.scales[0] as number) * relative);
      expect(top >= largest && top / 2 < largest).toBe(true);
    }
  });

  test("one large number takes the places behind the point from its own block alone", () => {
    const values = Float32Array.from({ length: 3 * blockSize + 10 }, (_, i) => 1 + (i % 8) / 8);
    const expected = values.slice();
    values[blockSize + 17] = 2 ** 100;
    const found = fromFloat8(toFloat8(values, kind, downAlways), kind);
    for (const block of [0, 2, 3]) {
      const range = [block * blockSize, (block + 1) * blockSize] as const;
      expect(found.slice(...range)).toEqual(expected.slice(...range));
    }
    expect(found[blockSize]).toBe(kind === "signed" ? 0 : 2 ** (100 - 30 - 3));
  });

  test("what is not finite has the largest code", () => {
    const { codes } = toFloat8(Float32Array.of(Infinity, Number.NaN), kind, randomAt);
    expect([...codes].map((code) => code & (kind === "signed" ? 0x7f : 0xff))).toEqual(
      kind === "signed" ? [127, 127] : [255, 255],
    );
  });

  test.each([0.3, 0.999, 2 ** -9 * 1.3, 2 ** -13 * 1.01])("%d is right in the mean", (x) => {
    const draws = 1 << 16;
    const values = new Float32Array(draws).fill(x);
    for (let i = 0; i < draws; i += blockSize) values[i] = 1.5;
    const found = fromFloat8(toFloat8(values, kind, randomAt), kind).filter((_, i) => i % blockSize);
    const [low = 0, high = 0] = [...new Set(found)].sort((a, b) => a - b);
    expect(new Set(found).size).toBe(2);
    const chance = (Math.fround(x) - low) / (high - low);
    const share = found.filter((value) => value === high).length / found.length;
    expect(Math.abs(share - chance)).toBeLessThan(4 * Math.sqrt((chance * (1 - chance)) / found.length));
  });
});

test("a sign is kept, where there is one", () => {
  const found = fromFloat8(toFloat8(Float32Array.of(-1.5, 1.5, -1e-30), "signed", downAlways), "signed");
  expect([...found]).toEqual([-1.5, 1.5, -0]);
});

test("a second moment above zero never becomes zero, but what a GPU may take for zero does", () => {
  const values = Float32Array.of(1, 1e-30, 2 ** -126, 2 ** -127, 0);
  const { codes } = toFloat8(values, "unsigned", downAlways);
  expect([...codes]).toEqual([248, 1, 1, 0, 0]);
});

test("a moving average that the nearest code would stop goes on, right in the mean", () => {
  const count = 4 * blockSize;
  let v = new Float32Array(count).fill(1);
  for (let t = 1; t <= 2_000; t++) {
    v = v.map((x) => x + 0.001 * (0.25 - x));
    v = fromFloat8(
      toFloat8(v, "unsigned", (i) => randomBits(t, 2, i)),
      "unsigned",
    );
  }
  const mean = v.reduce((sum, x) => sum + x, 0) / count;
  const expected = 0.25 + 0.75 * 0.999 ** 2_000;
  const deviation = Math.sqrt(v.reduce((sum, x) => sum + (x - mean) ** 2, 0) / count);
  expect(Math.abs(mean - expected)).toBeLessThan((4 * deviation) / Math.sqrt(count));
});
