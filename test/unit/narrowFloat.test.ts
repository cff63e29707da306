/** bfloat16 and binary16, over all of their 65,536 codes, and between them. */
import { describe, expect, test } from "vitest";
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from "../../src/numbers/half.ts";
import { bitsOf, floatOf } from "../../src/numbers/narrowFloat.ts";
import { randomBits } from "../../src/numbers/random.ts";

interface Half {
  readonly name: string;
  readonly to: (x: number, random?: number) => number;
  readonly from: (code: number) => number;
  /** The code of infinity. */
  readonly infinity: number;
  /** The smallest number, the smallest of full precision, and the largest. */
  readonly landmarks: readonly [number, number, number];
}

const halves: readonly Half[] = [
  {
    name: "bfloat16",
    to: toBfloat16,
    from: fromBfloat16,
    infinity: 0x7f80,
    landmarks: [2 ** -133, 2 ** -126, (2 - 2 ** -7) * 2 ** 127],
  },
  { name: "float16", to: toFloat16, from: fromFloat16, infinity: 0x7c00, landmarks: [2 ** -24, 2 ** -14, 65504] },
];

const codes = Array.from({ length: 0x8000 }, (_, code) => code);

describe.each(halves)("$name", ({ to, from, infinity, landmarks }) => {
  const finite = codes.filter((code) => code < infinity);

  test("every code of both signs comes back", () => {
    const both = [...finite, infinity].flatMap((code) => [code, code | 0x8000]);
    expect(both.filter((code) => to(from(code)) !== code)).toEqual([]);
    expect(both.filter((code) => to(from(code), 0xffffffff) !== code)).toEqual([]);
  });

  test("every NaN stays one, with its sign", () => {
    const nans = codes.filter((code) => code > infinity);
    expect(nans.filter((code) => !Number.isNaN(from(code)))).toEqual([]);
    for (const bits of [0x7f800001, 0x7fc00000, 0x7fffffff]) {
      for (const random of [undefined, 0, 0xffffffff]) expect(from(to(floatOf(bits), random))).toBeNaN();
    }
  });

  test("the codes are in the order of their numbers, from zero to the largest", () => {
    const values = finite.map(from);
    expect(values.findIndex((value, i) => i > 0 && value <= (values[i - 1] as number))).toBe(-1);
    const [smallest, full, largest] = landmarks;
    expect([values[0], values[1], values.at(-1)]).toEqual([0, smallest, largest]);
    expect(values.indexOf(full) / (full / smallest)).toBe(1);
    expect(from(infinity)).toBe(Infinity);
    expect(from(0x8000)).toBe(-0);
  });

  test("between two codes it is the nearest, and in the middle the even one", () => {
    const wrong: number[] = [];
    for (const code of finite.slice(0, -1)) {
      // Both are float32 numbers, and so is their middle: its bits tell its neighbours.
      const middle = (from(code) + from(code + 1)) / 2;
      const bits = bitsOf(middle);
      const expected = [code, code + (code & 1), code + 1];
      const found = [floatOf(bits - 1), middle, floatOf(bits + 1)].map((x) => to(x));
      const negative = [floatOf(bits - 1), middle, floatOf(bits + 1)].map((x) => to(-x) & 0x7fff);
      if (found.join() !== expected.join() || negative.join() !== expected.join()) wrong.push(code);
    }
    expect(wrong).toEqual([]);
  });

  test("the nearest to what lies beyond the largest is infinity, from half a step on", () => {
    const [, , largest] = landmarks;
    const step = largest - from(infinity - 2);
    const beyond = bitsOf(Math.fround(largest + step / 2));
    expect(to(floatOf(beyond))).toBe(infinity);
    expect(to(floatOf(beyond - 1))).toBe(infinity - 1);
    for (const x of [3.4e38, Infinity]) expect(to(-x)).toBe(infinity | 0x8000);
  });

  describe("rounded stochastically", () => {
    const draws = 1 << 16;
    const [smallest, full, largest] = landmarks;
    const numbers = [1.2345, -0.001, Math.PI * full, 0.3 * full, 1.9 * smallest, -0.4 * smallest, 0.997 * largest];

    test.each(numbers.map(Math.fround))("%d has one of its two neighbours, and is right in the mean", (x) => {
      const below = Math.abs(x) < smallest ? 0 : to(x, 0);
      const neighbours = [below | (x < 0 ? 0x8000 : 0), (below | (x < 0 ? 0x8000 : 0)) + 1];
      const drawn = Array.from({ length: draws }, (_, i) => to(x, randomBits(1, 2, i)));
      expect([...new Set(drawn)].sort()).toEqual(neighbours);
      const ups = drawn.filter((code) => code === neighbours[1]).length;
      const [low, high] = neighbours.map(from) as [number, number];
      const chance = (x - low) / (high - low);
      expect(Math.abs(ups / draws - chance)).toBeLessThan(4 * Math.sqrt((chance * (1 - chance)) / draws));
    });

    test("the words decide it in order: the smallest rounds down, the largest up", () => {
      const x = Math.fround(1.2345);
      expect(to(x, 0xffffffff) - to(x, 0)).toBe(1);
    });
  });
});
