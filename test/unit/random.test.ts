import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { pcg, randomBits, randomNormal, randomSigned, randomUniform, shuffled } from "../../src/numbers/random.ts";

const DRAWS = 1 << 16;
const draws = (draw: (index: number) => number): number[] => Array.from({ length: DRAWS }, (_, index) => draw(index));
const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe("fixed vectors, as Python's integers compute them", () => {
  it.each([
    [0, 129708002],
    [1, 2831084092],
    [2, 2055130248],
    [3, 2131687100],
    [0x7fffffff, 3919530446],
    [0x80000000, 566699590],
    [0xffffffff, 3861530882],
  ])("pcg(%i)", (value, hash) => {
    expect(pcg(value)).toBe(hash);
  });

  it.each([
    [0, 0, 0, 2145236065],
    [0, 0, 1, 3375797271],
    [1, 0, 0, 594548367],
    [0, 1, 0, 3414907750],
    [42, 7, 1_000_000, 2242459032],
    [0xffffffff, 0xffffffff, 0xffffffff, 1763661296],
    [123456789, 3, 2 ** 31, 3981167462],
  ])("randomBits(%i, %i, %i)", (seed, stream, index, bits) => {
    expect(randomBits(seed, stream, index)).toBe(bits);
    expect(randomUniform(seed, stream, index)).toBe(Math.floor(bits / 256) / 2 ** 24);
    expect(randomSigned(seed, stream, index)).toBe(Math.floor(bits / 256) / 2 ** 23 - 1);
  });

  it("shuffled, short and long", () => {
    expect([...shuffled(10, 1, 2)]).toEqual([6, 9, 7, 3, 5, 8, 2, 0, 1, 4]);
    const digest = createHash("sha256")
      .update(shuffled(100_000, 5, 6))
      .digest("hex");
    expect(digest).toBe("0e580adfc3c6a42d30d01fe6bc8fe6ea9f96fc875b4bc9a0bb2cdcd678aab791");
  });

  it("shuffled, where a product of choice and bits needs more than 53 bits", () => {
    const order = shuffled(3_000_000, 5, 6);
    expect([...order.subarray(0, 4)]).toEqual([2770409, 1390702, 2770225, 1560101]);
    const checksum = order.reduce((sum, value, index) => (sum + index * value) % 1_000_003, 0);
    expect(checksum).toBe(856942);
  });
});

describe("distribution of 65,536 draws", () => {
  it("fills 256 bins evenly", () => {
    const bins = new Uint32Array(256);
    for (const value of draws((index) => randomUniform(3, 1, index))) bins[Math.floor(value * 256)]!++;
    const chiSquare = bins.reduce((sum, count) => sum + (count - 256) ** 2 / 256, 0);
    // 255 degrees of freedom: mean 255, standard deviation 22.6; five of them either way.
    expect(Math.abs(chiSquare - 255)).toBeLessThan(5 * 22.6);
  });

  it("sets every bit half of the time, and flips it half of the time from one index to the next", () => {
    const bits = draws((index) => randomBits(9, 4, index));
    for (let bit = 0; bit < 32; bit++) {
      const set = bits.filter((value) => (value >>> bit) & 1).length;
      const flipped = bits.filter((value, index) => ((value ^ (bits[index + 1] ?? 0)) >>> bit) & 1).length;
      // Standard deviation of a count: sqrt(65,536) / 2 = 128; five of them.
      expect(Math.abs(set - DRAWS / 2)).toBeLessThan(640);
      expect(Math.abs(flipped - DRAWS / 2)).toBeLessThan(640);
    }
  });

  it("does not correlate streams or seeds", () => {
    const base = draws((index) => randomSigned(1, 1, index));
    for (const [seed, stream] of [
      [1, 2],
      [2, 1],
    ] as const) {
      const product = mean(base.map((value, index) => value * randomSigned(seed, stream, index)));
      // The product of two such numbers has variance 1/9; five standard deviations of the mean of 65,536.
      expect(Math.abs(product)).toBeLessThan(5 / 3 / 256);
    }
  });

  it("draws uniforms that float32 holds, in [0, 1) and [-1, 1)", () => {
    const uniform = draws((index) => randomUniform(7, 0, index));
    const signed = draws((index) => randomSigned(7, 0, index));
    expect(uniform.every((value) => value >= 0 && value < 1 && Math.fround(value) === value)).toBe(true);
    expect(signed.every((value) => value >= -1 && value < 1 && Math.fround(value) === value)).toBe(true);
  });

  it("draws normals of mean 0, variance 1 and kurtosis 3", () => {
    const normal = draws((index) => randomNormal(11, 2, index));
    // Five standard errors: of a mean 1/256, of a variance sqrt(2)/256, of a fourth moment sqrt(96)/256.
    expect(Math.abs(mean(normal))).toBeLessThan(5 / 256);
    expect(Math.abs(mean(normal.map((value) => value ** 2)) - 1)).toBeLessThan((5 * Math.SQRT2) / 256);
    expect(Math.abs(mean(normal.map((value) => value ** 4)) - 3)).toBeLessThan((5 * Math.sqrt(96)) / 256);
  });
});

describe("shuffled", () => {
  it.each([0, 1, 2, 3, 100, 4097])("is a permutation of %i things", (count) => {
    expect([...shuffled(count, 1, 1)].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
  });

  it("gives each of the 24 orders of four things about equally often", () => {
    const counts = new Map<string, number>();
    for (let stream = 0; stream < 24_000; stream++) {
      const order = shuffled(4, 8, stream).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    // Standard deviation of a count of 24,000 at 1/24: 31; five of them.
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(155);
  });

  it("repeats itself, and differs with seed and stream", () => {
    const first = shuffled(50, 1, 1).join();
    expect(shuffled(50, 1, 1).join()).toBe(first);
    expect(shuffled(50, 2, 1).join()).not.toBe(first);
    expect(shuffled(50, 1, 2).join()).not.toBe(first);
  });

  it.each([-1, 1.5, Number.NaN, 2 ** 32])("refuses %d things", (count) => {
    expect(() => shuffled(count, 0, 0)).toThrow(RangeError);
  });
});
