import { expect, test } from "vitest";
import { LimitError, layoutSlab, readFloats, Slab, type SlabEntry } from "../../src/gpu/index.ts";
import { gpuTest, randomWords } from "../support/gpuTest.ts";

const tensors = (...elements: number[]) => elements.map((count, i) => ({ name: `t${i}`, elements: count }));
const placesOf = (entries: readonly SlabEntry[]) => entries.map(({ buffer, offset, size }) => [buffer, offset, size]);

test.for([
  ["one tensor", [5], Infinity, [[0, 0, 32]], [32]],
  [
    "tensors one after the other, each at a multiple of 256",
    [1, 64, 65, 3],
    Infinity,
    [
      [0, 0, 16],
      [0, 256, 256],
      [0, 512, 272],
      [0, 1024, 16],
    ],
    [1040],
  ],
  [
    "empty tensors, which take no bytes",
    [0, 4, 0],
    Infinity,
    [
      [0, 0, 0],
      [0, 0, 16],
      [0, 256, 0],
    ],
    [256],
  ],
  [
    "nothing but empty tensors, in a buffer that can be bound",
    [0, 0],
    Infinity,
    [
      [0, 0, 0],
      [0, 0, 0],
    ],
    [16],
  ],
  ["no tensors at all", [], Infinity, [], [16]],
  [
    "a tensor that just fits",
    [250, 6],
    1024,
    [
      [0, 0, 1008],
      [1, 0, 32],
    ],
    [1008, 32],
  ],
  [
    "three buffers where two tensors do not fit in one",
    [200, 200, 200],
    1024,
    [
      [0, 0, 800],
      [1, 0, 800],
      [2, 0, 800],
    ],
    [800, 800, 800],
  ],
  [
    "an empty tensor behind a full buffer",
    [256, 0],
    1024,
    [
      [0, 0, 1024],
      [0, 1024, 0],
    ],
    [1024],
  ],
  [
    "a limit that is no multiple of 256",
    [64, 64],
    500,
    [
      [0, 0, 256],
      [1, 0, 256],
    ],
    [256, 256],
  ],
] as const)("a slab lays out %s", ([, elements, max, places, sizes]) => {
  const layout = layoutSlab(tensors(...elements), max);
  expect(placesOf(layout.entries)).toEqual(places);
  expect(layout.bufferSizes).toEqual(sizes);
});

test("any tensors come aligned, apart from each other, within their buffers, the same way each time", () => {
  const random = randomWords(7);
  for (let round = 0; round < 100; round++) {
    const given = tensors(...Array.from({ length: 40 }, () => random.next().value % 3_000));
    const max = 12_288 + (random.next().value % 20_000);
    const { entries, bufferSizes } = layoutSlab(given, max);
    expect(layoutSlab(given, max)).toEqual({ entries, bufferSizes });
    expect(Math.max(...bufferSizes)).toBeLessThanOrEqual(max);
    let [buffer, end] = [0, 0];
    for (const [i, entry] of entries.entries()) {
      expect(entry).toMatchObject(given[i]!);
      expect(entry.size).toBe(Math.ceil(entry.elements / 4) * 16);
      expect(entry.offset % 256).toBe(0);
      if (entry.buffer !== buffer) end = 0;
      expect([buffer, buffer + 1]).toContain(entry.buffer);
      buffer = entry.buffer;
      expect(entry.offset).toBeGreaterThanOrEqual(end);
      end = entry.offset + entry.size;
      expect(end).toBeLessThanOrEqual(bufferSizes[buffer]!);
    }
  }
});

test("a tensor larger than a buffer may be is a LimitError with its name, its size and the limit", () => {
  const lay = () => layoutSlab([{ name: "embedding", elements: 257 }], 1024);
  expect(lay).toThrow(LimitError);
  expect(lay).toThrow('tensor "embedding": larger than one buffer may be (got 1040 bytes, allowed 1024)');
});

gpuTest("slabs of one layout hold each tensor at the same place, over as many buffers as it takes", async ({ gpu }) => {
  const layout = layoutSlab(tensors(100, 0, 200, 3), 1024);
  const [params, grads] = [new Slab(gpu.pool, layout, "param"), new Slab(gpu.pool, layout, "grad")];
  expect(params.whole.map(({ size }) => size)).toEqual(layout.bufferSizes);
  expect(params.whole).toHaveLength(3);
  for (const { name, offset, size, elements } of layout.entries) {
    expect([params.slice(name), grads.slice(name)]).toMatchObject([
      { offset, size },
      { offset, size },
    ]);
    if (elements) gpu.stream.write(params.slice(name), new Float32Array(elements).fill(elements));
  }
  for (const { name, elements, size } of layout.entries) {
    const expected = new Float32Array(size / 4).fill(elements, 0, elements);
    expect(await readFloats(gpu, params.slice(name))).toEqual(expected);
    expect(await readFloats(gpu, grads.slice(name))).toEqual(new Float32Array(size / 4));
  }
  expect(() => params.slice("t9")).toThrow('slab: no tensor "t9" (it has t0, t1, t2, t3).');
  for (const slab of [params, grads]) slab.destroy();
});
