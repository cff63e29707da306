import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { inputGradient, type LinearShape, linear, weightGradient } from "../../src/engine/matmul.ts";
import { type Gpu, openGpu } from "../../src/gpu/index.ts";
import { float32, float64, type Round, type Values } from "../../src/reference/index.ts";
import * as reference from "../../src/reference/perceptron.ts";
import { Bench, expectSame, signed } from "./support.ts";

/** Each side at the edges of blocks of 4, tiles of 8 and workgroups, in squares and in rectangles. */
const sides = [1, 3, 4, 5, 7, 8, 9, 10, 63, 64, 65];
const shapes: LinearShape[] = [
  ...sides.map((side) => ({ batch: side, inputs: side, outputs: side })),
  ...[
    [1, 784, 10],
    [784, 1, 1],
    [1, 1, 784],
    [5, 128, 10],
    [100, 64, 128],
    [100, 784, 128],
    [100, 128, 10],
    [99, 128, 128],
    [2, 9, 1000],
    [1000, 12, 3],
  ].map(([batch, inputs, outputs]) => ({ batch, inputs, outputs }) as LinearShape),
];
const cases = shapes.map((shape) => [`${shape.batch} × ${shape.inputs} × ${shape.outputs}`, shape] as const);

let wide: Gpu;
/** A device whose grids fold after seven workgroups. */
let narrow: Gpu;
let bench: Bench;

beforeAll(async () => {
  wide = await openGpu();
  narrow = await openGpu({ limits: { maxComputeWorkgroupsPerDimension: 7 } });
});
beforeEach(() => {
  bench = new Bench(wide);
});
afterEach(() => {
  bench.workspace.destroy();
  wide.check();
});
afterAll(() => {
  for (const gpu of [wide, narrow]) gpu.destroy();
});

/** The layer with the reference's results, and how far off an element may be where additions are fused. */
function layerOf({ inputs, outputs }: LinearShape, kind: "values" | "magnitudes") {
  const Kind = kind === "values" ? Float32Array : Float64Array;
  const values = (count: number, stream: number): Values => {
    const data = signed(count, stream);
    return kind === "values" ? data : Float64Array.from(data, Math.abs);
  };
  return {
    inputs,
    outputs,
    weight: { param: values(inputs * outputs, 1), grad: new Kind(inputs * outputs) },
    bias: { param: values(outputs, 2), grad: new Kind(outputs) },
  };
}

/** γₙ on both sides times the sum of magnitudes: Higham, "Accuracy and Stability of Numerical Algorithms", section 3.1. */
function allowed(terms: number, magnitudes: Values): Float64Array {
  return Float64Array.from(magnitudes, (sum) => 2 * (terms + 1) * 2 ** -24 * sum);
}

test.each(cases)("linear, %s", async (_, shape) => {
  const { batch, inputs, outputs } = shape;
  const x = signed(batch * inputs, 0);
  const layer = layerOf(shape, "values");
  for (const relu of [false, true]) {
    const y = bench.room(batch * outputs);
    const slices = {
      x: bench.upload(x),
      weight: bench.upload(f32(layer.weight.param)),
      bias: bench.upload(f32(layer.bias.param)),
    };
    bench.run(await linear(wide, bench.workspace, shape, { ...slices, y, relu }));
    const expected = f32(reference.linear(x, layer, batch, float32));
    const magnitudes = reference.linear(absolute(x), layerOf(shape, "magnitudes"), batch, float64);
    expectSame(
      wide,
      await bench.results(y, batch * outputs),
      relu ? expected.map((value) => Math.max(value, 0)) : expected,
      allowed(inputs, magnitudes),
    );
  }
});

test.each(cases)("gradients of weight and bias, %s", async (_, shape) => {
  const { batch, inputs, outputs } = shape;
  const x = signed(batch * inputs, 0);
  const dy = signed(batch * outputs, 3);
  const expected = layerOf(shape, "values");
  reference.weightGradient(x, dy, expected, batch, float32);
  const magnitudes = layerOf(shape, "magnitudes");
  reference.weightGradient(absolute(x), absolute(dy), magnitudes, batch, float64);
  const dweight = bench.room(inputs * outputs);
  const dbias = bench.room(outputs);
  const slices = { x: bench.upload(x), dy: bench.upload(dy), dweight, dbias };
  bench.run(await weightGradient(wide, bench.workspace, shape, slices));
  const actual = await bench.results(dweight, inputs * outputs);
  expectSame(wide, actual, f32(expected.weight.grad), allowed(batch, magnitudes.weight.grad));
  expectSame(wide, await bench.results(dbias, outputs), f32(expected.bias.grad), allowed(batch, magnitudes.bias.grad));
});

test.each(cases)("gradient of the input, %s", async (_, shape) => {
  const { batch, inputs, outputs } = shape;
  // Zeros too: ReLU's derivative there is 0.
  const x = signed(batch * inputs, 0).map((value, i) => (i % 5 === 0 ? 0 : value));
  const dy = signed(batch * outputs, 3);
  const layer = layerOf(shape, "values");
  const through = (round: Round, gradient: Values, of: typeof layer): Values =>
    reference.inputGradient(gradient, of, batch, round).map((value, i) => ((x[i] as number) > 0 ? value : 0));
  const dx = bench.room(batch * inputs);
  const slices = { x: bench.upload(x), dy: bench.upload(dy), weight: bench.upload(f32(layer.weight.param)), dx };
  bench.run(await inputGradient(wide, bench.workspace, shape, slices));
  const magnitudes = through(float64, absolute(dy), layerOf(shape, "magnitudes"));
  expectSame(
    wide,
    await bench.results(dx, batch * inputs),
    f32(through(float32, dy, layer)),
    allowed(outputs, magnitudes),
  );
});

test("a grid that is folded gives the same bits", async () => {
  const shape = { batch: 200, inputs: 160, outputs: 90 };
  const results = [];
  for (const gpu of [wide, narrow]) {
    const own = new Bench(gpu);
    const y = own.room(shape.batch * shape.outputs);
    const dweight = own.room(shape.inputs * shape.outputs);
    const dbias = own.room(shape.outputs);
    const dx = own.room(shape.batch * shape.inputs);
    const x = own.upload(signed(shape.batch * shape.inputs, 0));
    const weight = own.upload(signed(shape.inputs * shape.outputs, 1));
    const bias = own.upload(signed(shape.outputs, 2));
    const dy = own.upload(signed(shape.batch * shape.outputs, 3));
    const dispatches = [
      await linear(gpu, own.workspace, shape, { x, weight, bias, y, relu: true }),
      await weightGradient(gpu, own.workspace, shape, { x, dy, dweight, dbias }),
      await inputGradient(gpu, own.workspace, shape, { x, dy, weight, dx }),
    ];
    expect(Math.max(...dispatches.map((dispatch) => dispatch.y)) > 1).toBe(gpu === narrow);
    own.run(...dispatches);
    results.push([
      await own.results(y, shape.batch * shape.outputs),
      await own.results(dweight, shape.inputs * shape.outputs),
      await own.results(dbias, shape.outputs),
      await own.results(dx, shape.batch * shape.inputs),
    ]);
    own.workspace.destroy();
    gpu.check();
  }
  expect(results[1]).toEqual(results[0]);
});

const f32 = (values: Values): Float32Array<ArrayBuffer> => Float32Array.from(values);
const absolute = (values: Values): Float64Array => Float64Array.from(values, Math.abs);
