import { expect, test } from "vitest";
import { type Conv2dSizes, elementsOf, outputPlane, type Pool2dSizes } from "../../src/graph/index.ts";
import { randomSigned } from "../../src/numbers/random.ts";
import { float64 } from "../../src/reference/index.ts";
import { conv2d, conv2dInputGradient, conv2dWeightGradient } from "../../src/reference/ops/conv2d.ts";
import { gather, gatherGradient } from "../../src/reference/ops/gather.ts";
import { pool2d, pool2dGradient } from "../../src/reference/ops/pool2d.ts";

const random = (count: number, stream: number): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => randomSigned(7, stream, i));

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, i) => sum + value * (b[i] as number), 0);

/** Holds the gradient of Σ dy · forward(x) to central differences, relative to the largest of them. */
function expectGradient(
  x: Float64Array,
  dy: ArrayLike<number>,
  forward: () => ArrayLike<number>,
  gradient: Float64Array,
) {
  const step = 2 ** -12;
  const differences = x.map((value, i) => {
    const at = (moved: number): number => {
      x[i] = moved;
      return dot(forward(), dy);
    };
    const difference = (at(value + step) - at(value - step)) / (2 * step);
    x[i] = value;
    return difference;
  });
  const scale = Math.max(...differences.map(Math.abs));
  expect(scale).toBeGreaterThan(0);
  expect(gradient.length).toBe(x.length);
  for (const [i, difference] of differences.entries()) {
    expect(Math.abs((gradient[i] as number) - difference) / scale, `element ${i}`).toBeLessThan(1e-6);
  }
}

const plain = { batch: 2, window: [3, 3], stride: [1, 1], padding: [0, 0], groups: 1 } as const;

test.for<[string, Conv2dSizes]>([
  ["padded", { ...plain, channels: 2, outputs: 3, plane: [5, 4], padding: [1, 1] }],
  ["strided", { ...plain, channels: 2, outputs: 2, plane: [7, 6], window: [3, 2], stride: [2, 3], padding: [2, 0] }],
  [
    "a stride larger than the window",
    { ...plain, channels: 1, outputs: 2, plane: [6, 7], window: [1, 2], stride: [2, 3] },
  ],
  ["in groups", { ...plain, channels: 4, outputs: 6, plane: [4, 4], padding: [1, 0], groups: 2 }],
  ["each channel by itself", { ...plain, channels: 3, outputs: 3, plane: [4, 3], padding: [1, 1], groups: 3 }],
])("gradients of a convolution, %s", ([, sizes]) => {
  const { batch, channels, outputs, plane, window, groups } = sizes;
  const x = random(elementsOf([batch, channels, ...plane]), 1);
  const weight = random(elementsOf([outputs, channels / groups, ...window]), 2);
  const dy = random(elementsOf([batch, outputs, ...outputPlane(sizes)]), 3);
  const forward = () => conv2d(sizes, x, weight, float64);
  expectGradient(x, dy, forward, conv2dInputGradient(sizes, dy, weight, float64) as Float64Array);
  expectGradient(weight, dy, forward, conv2dWeightGradient(sizes, x, dy, float64) as Float64Array);
});

test("a convolution is a cross-correlation, rows of an image by rows of a window", () => {
  const sizes: Conv2dSizes = {
    ...plain,
    batch: 1,
    channels: 1,
    outputs: 1,
    plane: [2, 3],
    window: [2, 2],
    padding: [0, 1],
  };
  const y = conv2d(sizes, Float64Array.of(1, 2, 3, 4, 5, 6), Float64Array.of(1, 10, 100, 1000), float64);
  expect([...y]).toEqual([4010, 5421, 6532, 603]);
});

const windows = { batch: 2, channels: 2 } as const;

test.for<[string, Omit<Pool2dSizes, "kind">]>([
  ["apart", { ...windows, plane: [5, 4], window: [2, 2], stride: [2, 2], padding: [0, 0] }],
  ["that overlap, padded", { ...windows, plane: [5, 6], window: [3, 2], stride: [2, 1], padding: [1, 1] }],
  ["with gaps between", { ...windows, plane: [6, 5], window: [1, 2], stride: [2, 3], padding: [0, 0] }],
])("gradients of pooling, windows %s", ([, row]) => {
  for (const kind of ["max", "mean"] as const) {
    const sizes: Pool2dSizes = { kind, ...row };
    const x = random(elementsOf([sizes.batch, sizes.channels, ...sizes.plane]), 1);
    const dy = random(elementsOf([sizes.batch, sizes.channels, ...outputPlane(sizes)]), 2);
    const gradient = pool2dGradient(sizes, x, dy, float64) as Float64Array;
    expectGradient(x, dy, () => pool2d(sizes, x, float64), gradient);
  }
});

test("a maximum's gradient goes to the first of equals and to the last of NaNs", () => {
  const sizes: Pool2dSizes = {
    kind: "max",
    batch: 1,
    channels: 1,
    plane: [2, 4],
    window: [2, 2],
    stride: [2, 2],
    padding: [0, 0],
  };
  const x = Float64Array.of(1, 2, Number.NaN, 9, 2, 2, 8, Number.NaN);
  expect([...pool2d(sizes, x, float64)]).toEqual([2, Number.NaN]);
  expect([...pool2dGradient(sizes, x, Float64Array.of(3, 4), float64)]).toEqual([0, 3, 0, 0, 0, 0, 0, 4]);
});

test("a mean counts the padding's zeros", () => {
  const sizes: Pool2dSizes = {
    kind: "mean",
    batch: 1,
    channels: 1,
    plane: [1, 1],
    window: [2, 2],
    stride: [1, 1],
    padding: [1, 1],
  };
  expect([...pool2d(sizes, Float64Array.of(8), float64)]).toEqual([2, 2, 2, 2]);
});

test("the gradient of a table, with ids that come again and some that are no rows", () => {
  const sizes = { rows: 4, columns: 3 };
  const table = random(12, 1);
  const ids = Uint32Array.of(2, 0, 2, 4, 3, 0xffffffff, 2);
  const dy = random(ids.length * 3, 2);
  expect([...gather(sizes, table, ids).subarray(9, 12)]).toEqual([0, 0, 0]);
  const gradient = gatherGradient(sizes, ids, dy, float64) as Float64Array;
  expectGradient(table, dy, () => gather(sizes, table, ids), gradient);
});
