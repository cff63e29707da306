import { expect } from "vitest";
import { conv2d, conv2dInputGradient, conv2dWeightGradient } from "../../../src/engine/kernels/conv2d.ts";
import { type Conv2dSizes, elementsOf, outputPlane } from "../../../src/graph/index.ts";
import { float32, float64, type Round, type Values } from "../../../src/reference/index.ts";
import * as reference from "../../../src/reference/ops/conv2d.ts";
import { sharedGpuTest as test } from "../../support/gpuTest.ts";
import { runLaunches } from "../runLaunches.ts";
import { expectNear, signed } from "../support.ts";
import { floats, plainStore } from "./values.ts";

/** A square window on square strides and paddings, one group, where a row does not say otherwise. */
function sizesOf(row: Partial<Conv2dSizes> & Pick<Conv2dSizes, "channels" | "outputs" | "plane">): Conv2dSizes {
  return { batch: 2, window: [3, 3], stride: [1, 1], padding: [0, 0], groups: 1, ...row };
}

/** [what, sizes] */
const table: readonly (readonly [string, Conv2dSizes])[] = [
  ["the first of the Fashion-MNIST CNN", sizesOf({ channels: 1, outputs: 16, plane: [28, 28], padding: [1, 1] })],
  ["the second", sizesOf({ batch: 5, channels: 16, outputs: 32, plane: [14, 14], padding: [1, 1] })],
  ["one number", sizesOf({ batch: 1, channels: 1, outputs: 1, plane: [1, 1], window: [1, 1] })],
  ["planes of one place, padded", sizesOf({ channels: 5, outputs: 6, plane: [1, 1], padding: [1, 1] })],
  ["a window of one place", sizesOf({ channels: 7, outputs: 9, plane: [5, 3], window: [1, 1] })],
  [
    "a window larger than the stride",
    sizesOf({ channels: 3, outputs: 17, plane: [9, 8], window: [4, 3], stride: [2, 2] }),
  ],
  [
    "a stride larger than the window",
    sizesOf({ channels: 3, outputs: 5, plane: [11, 13], window: [2, 1], stride: [3, 4] }),
  ],
  [
    "two sides of everything, and groups",
    sizesOf({ channels: 6, outputs: 10, plane: [7, 10], window: [3, 2], stride: [1, 2], padding: [2, 1], groups: 2 }),
  ],
  ["each channel by itself", sizesOf({ channels: 5, outputs: 5, plane: [6, 6], padding: [1, 1], groups: 5 })],
  ["three outputs a channel", sizesOf({ channels: 4, outputs: 12, plane: [4, 6], padding: [1, 1], groups: 4 })],
  ["groups whose tiles hang over", sizesOf({ channels: 4, outputs: 18, plane: [4, 4], padding: [1, 1], groups: 2 })],
  ["a window as large as the plane", sizesOf({ channels: 2, outputs: 4, plane: [4, 5], window: [4, 5] })],
  ["no window that fits", sizesOf({ channels: 2, outputs: 3, plane: [2, 2] })],
  ["no images", sizesOf({ batch: 0, channels: 2, outputs: 3, plane: [4, 4] })],
];

/** Shapes and numbers of a row, and the same ones as magnitudes in float64. */
function operandsOf(sizes: Conv2dSizes) {
  const { batch, channels, outputs, plane, window, groups } = sizes;
  const output = outputPlane(sizes);
  const counts = {
    x: elementsOf([batch, channels, ...plane]),
    weight: elementsOf([outputs, channels / groups, ...window]),
    y: elementsOf([batch, outputs, ...output]),
  };
  const x = signed(counts.x, 1);
  const weight = signed(counts.weight, 2);
  const dy = signed(counts.y, 3);
  return { counts, output, x, weight, dy };
}

/** γₙ on both sides times the sum of magnitudes: Higham, "Accuracy and Stability of Numerical Algorithms", section 3.1. */
function allowed(terms: number, magnitudes: Values): Float64Array {
  return Float64Array.from(magnitudes, (sum) => 2 * (terms + 1) * 2 ** -24 * sum);
}

const magnitudesOf = (values: Values): Float64Array => Float64Array.from(values, Math.abs);

test.for(table)("conv2d, %s", async ([, sizes], { gpu }) => {
  const { counts, output, x, weight } = operandsOf(sizes);
  const values = { x: floats("x", counts.x), weight: floats("weight", counts.weight), y: floats("y", counts.y) };
  const launches = conv2d(sizes, { ...values, store: plainStore(values.y, output[0] * output[1]) });
  expect(launches.length).toBe(counts.y ? 2 : 0);
  const given = new Map([
    [values.x, x],
    [values.weight, weight],
  ]);
  const actual = (await runLaunches(gpu, launches, given)).get(values.y) ?? new Float32Array();
  const run = (a: Values, b: Values, round: Round): Values => reference.conv2d(sizes, a, b, round);
  const terms = counts.weight / sizes.outputs;
  expectNear(actual, run(x, weight, float32), allowed(terms, run(magnitudesOf(x), magnitudesOf(weight), float64)));
});

test.for(table)("gradient of the input, %s", async ([, sizes], { gpu }) => {
  const { counts, weight, dy } = operandsOf(sizes);
  const values = { dy: floats("dy", counts.y), weight: floats("weight", counts.weight), dx: floats("dx", counts.x) };
  const store = plainStore(values.dx, sizes.plane[0] * sizes.plane[1]);
  const launches = conv2dInputGradient(sizes, { ...values, store });
  expect(launches.length).toBe(counts.x ? 2 : 0);
  const given = new Map([
    [values.dy, dy],
    [values.weight, weight],
  ]);
  const actual = (await runLaunches(gpu, launches, given)).get(values.dx) ?? new Float32Array();
  const run = (a: Values, b: Values, round: Round): Values => reference.conv2dInputGradient(sizes, a, b, round);
  const terms = counts.weight / (sizes.channels / sizes.groups) / sizes.groups;
  expectNear(actual, run(dy, weight, float32), allowed(terms, run(magnitudesOf(dy), magnitudesOf(weight), float64)));
});

test.for(table)("gradient of the weight, %s", async ([, sizes], { gpu }) => {
  const { counts, x, dy } = operandsOf(sizes);
  const values = { x: floats("x", counts.x), dy: floats("dy", counts.y), dweight: floats("dw", counts.weight) };
  const launches = conv2dWeightGradient(sizes, values);
  const given = new Map([
    [values.x, x],
    [values.dy, dy],
  ]);
  const actual = (await runLaunches(gpu, launches, given)).get(values.dweight) as Float32Array;
  const run = (a: Values, b: Values, round: Round): Values => reference.conv2dWeightGradient(sizes, a, b, round);
  const terms = counts.y / sizes.outputs;
  expectNear(actual, run(x, dy, float32), allowed(terms, run(magnitudesOf(x), magnitudesOf(dy), float64)));
});
