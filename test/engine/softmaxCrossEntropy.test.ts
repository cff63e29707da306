import { afterAll, beforeAll, expect, test } from "vitest";
import { metricSlots } from "../../src/engine/index.ts";
import { softmaxCrossEntropy } from "../../src/engine/softmaxCrossEntropy.ts";
import { type Gpu, openGpu, read, readFloats } from "../../src/gpu/index.ts";
import { exponential } from "../../src/reference/exponential.ts";
import { float32, float64 } from "../../src/reference/index.ts";
import * as reference from "../../src/reference/perceptron.ts";
import { Bench, expectSame, signed } from "./support.ts";

interface Case {
  readonly what: string;
  readonly rows: number;
  readonly classes: number;
  readonly logit: (value: number, i: number) => number;
}

const cases: Case[] = [
  { what: "one row", rows: 1, classes: 10, logit: (value) => value },
  { what: "one class", rows: 5, classes: 1, logit: (value) => value },
  { what: "two classes", rows: 63, classes: 2, logit: (value) => value * 4 },
  { what: "a batch", rows: 100, classes: 10, logit: (value) => value * 10 },
  { what: "more rows than lanes, by one", rows: 65, classes: 3, logit: (value) => value },
  { what: "a test set", rows: 1000, classes: 10, logit: (value) => value * 5 },
  { what: "many classes", rows: 7, classes: 1003, logit: (value) => value * 8 },
  { what: "huge logits", rows: 30, classes: 10, logit: (value) => value * 1e30 },
  { what: "logits far below zero", rows: 30, classes: 10, logit: (value) => value - 1e6 },
  {
    what: "logits 80 to 95 apart, where exp ends",
    rows: 64,
    classes: 4,
    logit: (value, i) => (i % 4 ? -87.5 + 7 * value : 0),
  },
  { what: "equal logits", rows: 20, classes: 10, logit: () => 3 },
];

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu.destroy());

test.each(cases)("$what: $rows × $classes", async ({ rows, classes, logit }) => {
  const logits = signed(rows * classes, 4).map(logit);
  const labels = Uint32Array.from({ length: rows }, (_, m) => (m * 7) % classes);
  const slot = 5;
  const expected = logits.slice();
  const metrics = reference.softmaxCrossEntropy(expected, labels, float32);
  const oracle = Float64Array.from(logits);
  const { loss } = reference.softmaxCrossEntropy(oracle, labels, float64);

  const bench = new Bench(gpu);
  const slices = {
    logits: bench.upload(logits),
    labels: bench.upload(labels),
    slot: bench.upload(Uint32Array.of(slot)),
    metrics: bench.workspace.storage(metricSlots * 8, "test"),
    predictions: bench.workspace.storage(rows * 4, "test"),
  };
  bench.run(await softmaxCrossEntropy(gpu, bench.workspace, { rows, classes }, slices));
  const gradient = (await readFloats(gpu, slices.logits)).subarray(0, rows * classes);
  const written = await readFloats(gpu, slices.metrics);
  const predictions = new Uint32Array(await read(gpu, slices.predictions), 0, rows);
  gpu.check();
  bench.workspace.destroy();

  // WGSL: division is good to 2.5 units, and a sum of n terms of one sign to n / 2 more.
  const allowed = Float64Array.from(oracle, () => ((classes + 10) * 2 ** -23) / rows);
  expectSame(gpu, gradient, expected, allowed);
  expect(predictions).toEqual(metrics.predictions);
  expect(written[2 * slot + 1]).toBe(metrics.right);
  // WGSL's log is good to 2^-21 absolutely near 1, else to 3 units; the rest is the sum over the rows.
  expect(Math.abs((written[2 * slot] as number) - loss)).toBeLessThanOrEqual(2e-6 + 2e-6 * Math.abs(loss));
  expect(written.filter((value, i) => value !== 0 && i >> 1 !== slot)).toEqual(new Float32Array());
});

test("the exponential is good to two units in the last place", () => {
  let worst = 0;
  for (let i = 0; i <= 870_000; i++) {
    const x = Math.fround(-i / 10_000);
    const exact = Math.exp(x);
    worst = Math.max(worst, Math.abs(exponential(x, float32) - exact) / 2 ** (Math.floor(Math.log2(exact)) - 23));
    expect(Math.abs(exponential(x, float64) / exact - 1) < 1e-8).toBe(true);
  }
  expect(worst).toBeLessThan(2);
});
