import { afterAll, beforeAll, expect, test } from "vitest";
import { initialWeights, Perceptron, type WeightTensor } from "../../src/engine/index.ts";
import { type Gpu, openGpu, readFloats } from "../../src/gpu/index.ts";
import { float32, float64, type Round } from "../../src/reference/index.ts";
import { type LinearLayer, perceptron } from "../../src/reference/perceptron.ts";
import { expectSame, signed } from "./support.ts";

const sizes = { features: 9, width: 6, classes: 5 };
const rows = 7;
const seed = 3;
const x = signed(rows * sizes.features, 0);
const y = Uint32Array.from({ length: rows }, (_, m) => (m * 3) % sizes.classes);

/** The reference's tensors, and its layers over the same arrays. */
function build(round: Round, of = sizes) {
  const Kind = round === float32 ? Float32Array : Float64Array;
  const tensors = initialWeights(of, seed).map(({ name, role, shape, data }) => ({
    name,
    role,
    shape,
    // No bias is zero, so that a gradient that forgets them is found out.
    param: new Kind(data.map((value, i) => (role === "bias" ? 0.1 * Math.sin(i + 1) : value))),
    grad: new Kind(data.length),
  }));
  const layers: LinearLayer[] = [0, 1, 2].map((layer) => {
    const [weight, bias] = tensors.slice(2 * layer, 2 * layer + 2) as [(typeof tensors)[0], (typeof tensors)[0]];
    return { inputs: weight.shape[0] as number, outputs: weight.shape[1] as number, weight, bias };
  });
  return { tensors, layers };
}

test("the reference's gradients are the differences of its loss", () => {
  const { tensors, layers } = build(float64);
  const lossNow = (): number => perceptron(layers, Float64Array.from(x), y, float64).loss;
  lossNow();
  const gradients = tensors.map(({ grad }) => grad.slice());
  const step = 1e-5;
  for (const [i, { name, param }] of tensors.entries()) {
    for (let at = 0; at < param.length; at++) {
      const before = param[at] as number;
      param[at] = before + step;
      const above = lossNow();
      param[at] = before - step;
      const below = lossNow();
      param[at] = before;
      const gradient = gradients[i]?.[at] as number;
      // Truncation makes step² times a third derivative; rounding, and the polynomial for e^x, 1e-8 / step of it.
      expect(Math.abs((above - below) / (2 * step) - gradient), `${name}[${at}]`).toBeLessThan(2e-8);
    }
  }
});

test("initial weights are He's: spread evenly in ±√(6 / inputs), biases zero", () => {
  const [weight, bias] = initialWeights({ features: 500, width: 400, classes: 10 }, 1) as [WeightTensor, WeightTensor];
  const bound = Math.sqrt(6 / 500);
  const mean = weight.data.reduce((sum, value) => sum + value, 0) / weight.data.length;
  const variance = weight.data.reduce((sum, value) => sum + value * value, 0) / weight.data.length;
  expect(Math.max(...weight.data.subarray(0, 60_000))).toBeLessThanOrEqual(bound);
  expect(Math.abs(mean)).toBeLessThan(bound / 200);
  expect(Math.abs(variance / (2 / 500) - 1)).toBeLessThan(0.01);
  expect(bias.data.every((value) => value === 0)).toBe(true);
});

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu.destroy());

test.each([
  ["sizes in no groups of four", sizes, rows],
  ["sizes in groups of four but the classes", { features: 64, width: 32, classes: 10 }, 20],
  ["a batch in no groups of four", { features: 16, width: 16, classes: 4 }, 33],
  ["one of everything", { features: 1, width: 1, classes: 1 }, 1],
])("the GPU's gradients are the reference's: %s", async (_, of, batch) => {
  const { tensors, layers } = build(float32, of);
  const magnitudes = build(float64, of);
  const inputs = signed(batch * of.features, 0);
  const labels = Uint32Array.from({ length: batch }, (_, m) => (m * 3) % of.classes);
  const { loss, right } = perceptron(layers, inputs, labels, float32);
  perceptron(magnitudes.layers, Float64Array.from(inputs), labels, float64);

  const network = new Perceptron(
    gpu,
    tensors.map(({ param, ...tensor }) => ({ ...tensor, data: Float32Array.from(param) })),
  );
  const pass = await network.training(batch);
  pass.batch.x.set(inputs);
  pass.batch.y.set(labels);
  pass.batch.write();
  gpu.stream.dispatch(...pass.dispatches);
  expect(pass.dispatches.length).toBeLessThanOrEqual(9);
  for (const [i, { name, grad }] of network.tensors.entries()) {
    const expected = tensors[i] as (typeof tensors)[0];
    expect(name).toBe(expected.name);
    const largest = Math.max(...(magnitudes.tensors[i]?.grad ?? []).map(Math.abs));
    // Errors of sums of up to 64 terms, carried through three layers.
    const allowed = new Float64Array(expected.grad.length).fill(1e-5 * largest + 1e-9);
    const actual = (await readFloats(gpu, grad)).subarray(0, expected.grad.length);
    expectSame(gpu, actual, Float32Array.from(expected.grad), allowed);
  }
  const metrics = await readFloats(gpu, pass.metrics);
  expect(Math.abs((metrics[0] as number) - loss)).toBeLessThan(1e-5);
  expect(metrics[1]).toBe(right);
  network.destroy();
  gpu.check();
});

test("all memory is given back", async () => {
  const before = gpu.pool.stats.liveBuffers;
  const network = new Perceptron(gpu, initialWeights(sizes, seed));
  await Promise.all([network.training(3), network.evaluation(11)]);
  expect(gpu.pool.stats.liveBuffers).toBeGreaterThan(before);
  network.destroy();
  expect(gpu.pool.stats.liveBuffers).toBe(before);
});
