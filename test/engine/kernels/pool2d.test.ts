import { expect } from "vitest";
import { pool2d, pool2dGradient } from "../../../src/engine/kernels/pool2d.ts";
import type { Gpu } from "../../../src/gpu/index.ts";
import { elementsOf, outputPlane, type Pool2dSizes } from "../../../src/graph/index.ts";
import { float32 } from "../../../src/reference/index.ts";
import * as reference from "../../../src/reference/ops/pool2d.ts";
import { sharedGpuTest as test } from "../../support/gpuTest.ts";
import { runLaunches } from "../runLaunches.ts";
import { expectNear, signed } from "../support.ts";
import { floats } from "./values.ts";

type Row = Omit<Pool2dSizes, "kind">;

/** Two images of three channels, where a row does not say otherwise. */
function sizesOf(row: Partial<Row> & Pick<Row, "plane" | "window">): Row {
  return { batch: 2, channels: 3, stride: row.window, padding: [0, 0], ...row };
}

/** [what, sizes] */
const rows: readonly (readonly [string, Row])[] = [
  ["of the Fashion-MNIST CNN", sizesOf({ plane: [28, 28], window: [2, 2] })],
  ["whose edge no window holds", sizesOf({ plane: [7, 9], window: [2, 2] })],
  ["of one number", sizesOf({ batch: 1, channels: 1, plane: [1, 1], window: [1, 1] })],
  ["of planes of one place, padded", sizesOf({ plane: [1, 1], window: [2, 3], padding: [1, 1] })],
  ["with windows that overlap", sizesOf({ plane: [9, 10], window: [3, 3], stride: [1, 1] })],
  [
    "with windows that overlap in part, padded",
    sizesOf({ plane: [9, 11], window: [3, 4], stride: [2, 3], padding: [1, 2] }),
  ],
  ["with strides larger than windows", sizesOf({ plane: [10, 8], window: [2, 1], stride: [3, 4] })],
  ["with a window as large as the plane", sizesOf({ plane: [5, 6], window: [5, 6] })],
  ["with no window that fits", sizesOf({ plane: [2, 2], window: [3, 3] })],
  ["of no images", sizesOf({ batch: 0, plane: [4, 4], window: [2, 2] })],
];
const table = rows.flatMap(([what, row]) =>
  (["max", "mean"] as const).map((kind) => [`${kind} ${what}`, { kind, ...row }] as const),
);

type Numbers = Float32Array<ArrayBuffer>;

async function forward(gpu: Gpu, sizes: Pool2dSizes, x: Numbers): Promise<Float32Array> {
  const values = { x: floats("x", x.length), y: floats("y", countsOf(sizes).y) };
  const launches = pool2d(sizes, values);
  expect(launches.length).toBe(values.y.elements ? 1 : 0);
  return (await runLaunches(gpu, launches, new Map([[values.x, x]]))).get(values.y) ?? new Float32Array();
}

async function backward(gpu: Gpu, sizes: Pool2dSizes, x: Numbers, dy: Numbers): Promise<Float32Array> {
  const values = { x: floats("x", x.length), dy: floats("dy", dy.length), dx: floats("dx", x.length) };
  const launches = pool2dGradient(sizes, values);
  expect(launches.length).toBe(x.length ? 1 : 0);
  const given = new Map([
    [values.x, x],
    [values.dy, dy],
  ]);
  return (await runLaunches(gpu, launches, given)).get(values.dx) ?? new Float32Array();
}

function countsOf({ batch, channels, plane, ...windows }: Pool2dSizes): { x: number; y: number } {
  const output = outputPlane({ plane, ...windows });
  return { x: elementsOf([batch, channels, ...plane]), y: elementsOf([batch, channels, ...output]) };
}

/** γₙ, twice, of the sum of magnitudes: additions in two orders, and a division that may be off by 2.5 ulp. */
function allowed(sizes: Pool2dSizes, magnitudes: ArrayLike<number>): Float64Array {
  const terms = sizes.window[0] * sizes.window[1];
  return Float64Array.from(magnitudes, (sum) => (2 * terms + 3) * 2 ** -24 * sum);
}

/** Whole numbers from -3 to 3, so that largest numbers are often several. */
const withTies = (count: number): Numbers => signed(count, 1).map((value) => Math.round(value * 3));

test.for(table)("%s", async ([, sizes], { gpu }) => {
  const x = sizes.kind === "max" ? withTies(countsOf(sizes).x) : signed(countsOf(sizes).x, 1);
  const actual = await forward(gpu, sizes, x);
  if (sizes.kind === "max") {
    expect(actual).toEqual(reference.pool2d(sizes, x, float32));
  } else {
    expectNear(
      actual,
      reference.pool2d(sizes, x, float32),
      allowed(sizes, reference.pool2d(sizes, x.map(Math.abs), float32)),
    );
  }
});

test.for(table)("gradient of %s", async ([, sizes], { gpu }) => {
  const x = withTies(countsOf(sizes).x);
  const dy = signed(countsOf(sizes).y, 2);
  const magnitudes = reference.pool2dGradient(sizes, x, dy.map(Math.abs), float32);
  const actual = await backward(gpu, sizes, x, dy);
  expectNear(actual, reference.pool2dGradient(sizes, x, dy, float32), allowed(sizes, magnitudes));
});

const { POSITIVE_INFINITY: inf, NaN: nan } = Number;

test.for<[string, number[]]>([
  ["infinities", [-inf, 1, inf, 2]],
  ["nothing but infinities below", [-inf, -inf, -inf, -inf]],
  ["the largest numbers there are", [3.4e38, -3.4e38, 1e-30, 3.4e38]],
  ["numbers next to zero", [-1e-30, -1e-30, -2e-30, -1e-29]],
  ["zeros of both signs", [-0, 0, -0, 0]],
  ["a NaN", [1, nan, 3, inf]],
  ["two NaNs", [nan, 5, nan, inf]],
])("the largest of %s", async ([, window], { gpu }) => {
  const sizes: Pool2dSizes = { kind: "max", ...sizesOf({ batch: 1, channels: 1, plane: [2, 2], window: [2, 2] }) };
  const x = Float32Array.from(window);
  expect(await forward(gpu, sizes, x)).toEqual(reference.pool2d(sizes, x, float32));
  const dy = Float32Array.of(7);
  expect(await backward(gpu, sizes, x, dy)).toEqual(reference.pool2dGradient(sizes, x, dy, float32));
});
