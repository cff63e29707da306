/** What the shaders narrow, widen and draw is what the reference does, bit for bit on every adapter. */
import { describe, expect } from "vitest";
import halves from "../../shaders/numbers/halves.wgsl?raw";
import narrowFloat from "../../shaders/numbers/narrowFloat.wgsl?raw";
import randomBitsCode from "../../shaders/numbers/randomBits.wgsl?raw";
import float8 from "../../shaders/optim/parts/float8.wgsl?raw";
import type { Gpu } from "../../src/gpu/index.ts";
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from "../../src/numbers/half.ts";
import { bitsOf, floatOf } from "../../src/numbers/narrowFloat.ts";
import { randomBits } from "../../src/numbers/random.ts";
import { blockSize, fromFloat8, toFloat8 } from "../../src/reference/float8.ts";
import { all, bufferOf, gpuTest, randomWords, readWords } from "../support/gpuTest.ts";

/** `expression` of the words x and random, for all of them: four words in, four words out. */
async function evaluate(gpu: Gpu, expression: string, x: Uint32Array, random: Uint32Array): Promise<Uint32Array> {
  const probe = `
    @group(0) @binding(0) var<storage, read> xs: array<vec4u>;
    @group(0) @binding(1) var<storage, read> randoms: array<vec4u>;
    @group(0) @binding(2) var<storage, read_write> results: array<vec4u>;
    @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
      if (id.x >= arrayLength(&xs)) { return; }
      let x = xs[id.x];
      let random = randoms[id.x];
      results[id.x] = ${expression};
    }`;
  const kernel = await gpu.kernels.get({
    label: "test/probe",
    parts: [narrowFloat, halves, randomBitsCode, float8, probe].map((code, i) => ({ file: `part ${i}`, code })),
    bindings: [["read", "read", "readWrite"]],
  });
  const buffers = [x, random, new Uint32Array(x.length)].map((words) => bufferOf(gpu.device, words));
  gpu.stream.dispatch(kernel.prepare([buffers.map(all)], Math.ceil(x.length / 256)));
  gpu.stream.submit();
  return readWords(gpu, all(buffers[2] as GPUBuffer));
}

const drawn = (count: number, seed: number): Uint32Array => {
  const words = randomWords(seed);
  return Uint32Array.from({ length: count }, () => words.next().value as number);
};

/** Every exponent and sign with 32 fractions each: whole, near and at the middles of all formats, and any. */
const floats = (() => {
  const fractions = [0, 1, 0xfff, 0x1000, 0x1001, 0x3000, 0x7fff, 0x8000, 0x8001, 0x18000, 0x7ffff, 0x80000, 0x80001];
  const any = [...drawn(32 - fractions.length - 2, 5)].map((word) => word & 0x7fffff);
  const all = [...fractions, 0x7fffff, 0x7fe000, ...any];
  return Uint32Array.from({ length: 512 * 32 }, (_, i) => (((i >> 5) << 23) | (all[i & 31] as number)) >>> 0);
})();
const randoms = drawn(floats.length, 9).map((word, i) => (i % 7 === 0 ? 0 : i % 7 === 1 ? 0xffffffff : word));

const codes = Uint32Array.from({ length: 0x10000 }, (_, code) => code);

/** All NaNs are one. */
const canonical = (words: Uint32Array): Uint32Array =>
  words.map((word) => ((word & 0x7fffffff) > 0x7f800000 ? 0x7fc00000 : word));

describe("16 bits:", () => {
  const formats = [
    ["BFLOAT16", toBfloat16, fromBfloat16],
    ["FLOAT16", toFloat16, fromFloat16],
  ] as const;

  gpuTest.for(formats)("every code of %s is widened as the reference does", async ([format, , from], { gpu }) => {
    const found = await evaluate(gpu, `bitcast<vec4u>(fromHalf(x, ${format}))`, codes, codes);
    expect(canonical(found)).toEqual(canonical(codes.map((code) => bitsOf(from(code)))));
  });

  gpuTest.for(formats)("to the nearest %s", async ([format, to], { gpu }) => {
    const found = await evaluate(gpu, `halfNearest(bitcast<vec4f>(x), ${format})`, floats, randoms);
    expect(found).toEqual(floats.map((bits) => to(floatOf(bits))));
  });

  gpuTest.for(formats)("stochastically to %s", async ([format, to], { gpu }) => {
    const found = await evaluate(gpu, `halfStochastic(bitcast<vec4f>(x), ${format}, random)`, floats, randoms);
    expect(found).toEqual(floats.map((bits, i) => to(floatOf(bits), randoms[i])));
  });

  gpuTest("four codes lie in two words, the first in the lowest bits", async ({ gpu }) => {
    const found = await evaluate(gpu, "vec4u(packHalves(x), packHalves(unpackHalves(packHalves(x))))", codes, codes);
    expect(new Uint16Array(found.buffer).filter((_, i) => i % 8 < 4)).toEqual(Uint16Array.from(codes));
    expect(new Uint16Array(found.buffer).filter((_, i) => i % 8 > 3)).toEqual(Uint16Array.from(codes));
  });
});

describe("8 bits:", () => {
  const kinds = [
    ["signed", "Signed", "SIGNED_BINADES"],
    ["unsigned", "Unsigned", "UNSIGNED_BINADES"],
  ] as const;
  /** The largest of a block, as bits: every exponent, and what is around the largest code. */
  const largest = [0, 0x680000, 0x6fffff, 0x700000, 0x700001, 0x7fffff].flatMap((fraction) =>
    Array.from({ length: 255 }, (_, exponent) => ((exponent << 23) | fraction) >>> 0),
  );

  gpuTest.for(kinds)("the scale of a block of numbers, %s", async ([kind, , binades], { gpu }) => {
    const bits = Uint32Array.from([...largest, 0x7f800000, 0x7fc00000]);
    const each = `vec4u(vec4f(${[0, 1, 2, 3].map((i) => `scaleOf(lowestBinade(x[${i}], ${binades}))`)}))`;
    const found = await evaluate(gpu, each.replace("vec4u(vec4f", "bitcast<vec4u>(vec4f"), bits, bits);
    const scales = [...bits].map((word) => toFloat8(Float32Array.of(floatOf(word)), kind, () => 0).scales[0] as number);
    expect(found).toEqual(Uint32Array.from(scales, bitsOf));
  });

  gpuTest.for(kinds)("every code is widened, at every scale, %s", async ([kind, name], { gpu }) => {
    const most = kind === "signed" ? 240 : 224;
    const scales = [0, ...Array.from({ length: most }, (_, i) => (i + 1) << 23)];
    const words = scales.flatMap((scale) => Array.from({ length: 256 }, (_, code) => [code, scale, 0, 0])).flat();
    const found = await evaluate(
      gpu,
      `bitcast<vec4u>(from${name}Float8(x.x, bitcast<f32>(x.y)))`,
      Uint32Array.from(words),
      Uint32Array.from(words),
    );
    const expected = scales.flatMap((scale) => {
      const blocks = { codes: Uint8Array.from({ length: 256 }, (_, i) => i), scales: Float32Array.of(floatOf(scale)) };
      return [...fromFloat8(blocks, kind)];
    });
    expect(found.filter((_, i) => i % 4 === 0)).toEqual(Uint32Array.from(expected, bitsOf));
  });

  gpuTest.for(kinds)("numbers become codes, %s", async ([kind, name, binades], { gpu }) => {
    for (const top of [20, 128, 200, 254]) {
      const below = floats.filter((bits) => ((bits >>> 23) & 255) <= top);
      const x = below.slice(0, below.length - (below.length % (blockSize - 1)));
      // The first of each block is its largest.
      const blocks = new Uint32Array((x.length / (blockSize - 1)) * blockSize);
      for (let i = 0; i < blocks.length; i++) {
        const block = Math.floor(i / blockSize);
        blocks[i] = i % blockSize ? (x[i - block - 1] as number) : ((top << 23) | 0x7fffff) >>> 0;
      }
      const random = randoms.slice(0, blocks.length);
      const scale = `scaleOf(lowestBinade(${((top << 23) | 0x7fffff) >>> 0}u, ${binades}))`;
      const code = `to${name}Float8(bitcast<vec4f>(x), ${scale}, random)`;
      const found = await evaluate(gpu, `vec4u(${code}, largestOf(bitcast<vec4f>(x)), 0u, 0u)`, blocks, random);
      const values = Float32Array.from(blocks, floatOf);
      const expected = toFloat8(values, kind, (i) => random[i] as number);
      expect(new Uint8Array(found.filter((_, i) => i % 4 === 0).buffer)).toEqual(expected.codes);
      expect(found[1]).toBe((top << 23) | 0x7fffff);
    }
  });
});

gpuTest("random words", async ({ gpu }) => {
  const counters = drawn(4096, 3).map((word, i) => (i % 4 === 3 ? 0 : i % 16 === 2 ? 0xfffffffe : word));
  const found = await evaluate(gpu, "randomBits(x.x, x.y, x.z)", counters, counters);
  const expected = found.map((_, i) => {
    const [seed, stream, index] = counters.subarray(i - (i % 4), i - (i % 4) + 3) as unknown as [
      number,
      number,
      number,
    ];
    return randomBits(seed, stream, (index + (i % 4)) >>> 0);
  });
  expect(found).toEqual(expected);
});
