/** Many copies of a model in one plan are each what it is by itself. */
import { expect } from "vitest";
import { f32, layers, type Model } from "../../src/engine/index.ts";
import type { Gpu } from "../../src/gpu/index.ts";
import { adam, sgd } from "../../src/optim/index.ts";
import { compile } from "../../src/train/training.ts";
import { sharedGpuTest as gpuTest } from "../support/gpuTest.ts";
import { batchAt, loss, moody, perceptron, run, types } from "./runs.ts";

/** With sides in no fours: rows end within a group of four. */
const ragged = (): Model =>
  layers.sequential(layers.linear(6, 9), layers.relu(), layers.dropout(0.4), layers.linear(9, 3));

gpuTest.for([
  ["everything that behaves otherwise in training", moody],
  ["dropout of rows in no fours", ragged],
] as const)(
  "copies train as each would by itself, with rates and decays of their own: %s",
  async ([, make], { gpu }) => {
    const rates = [0.1, 0.03, 0.2];
    const seeds = [5, 9, 5];
    const many = await run(gpu, {
      model: make(),
      optimizer: sgd({ lr: 1, momentum: 0.9 }),
      copies: { count: 3, seeds },
      groups: (tensors) =>
        rates.map((lr, copy) => ({
          tensors: tensors.filter((tensor) => tensor.copy === copy),
          hyper: { lr, weightDecay: lr / 10 },
        })),
    });
    for (const [copy, lr] of rates.entries()) {
      const alone = await run(gpu, {
        model: make(),
        seed: seeds[copy] as number,
        optimizer: sgd({ lr, momentum: 0.9, weightDecay: lr / 10 }),
      });
      for (const [name, { data }] of alone.weights) {
        expectSame(gpu, many.weights.get(`copies.${copy}.${name}`)?.data as Float32Array, data);
      }
      const losses = many.losses.map((loss) => loss[copy] as number);
      expectSame(
        gpu,
        Float32Array.from(losses),
        Float32Array.from(alone.metrics, ({ loss }) => loss),
      );
    }
  },
);

gpuTest("copies may have batches of their own, to be trained and to be evaluated with", async ({ gpu }) => {
  const settings = { loss, batch: types, optimizer: adam({ lr: 0.01 }), seed: 3 };
  const logits = { x: f32(2, 6) };
  const both = await compile(gpu, {
    ...{ ...settings, model: perceptron() },
    copies: { count: 2, seeds: [3, 3], own: ["x", "y"] },
  });
  const alone = await compile(gpu, { ...settings, model: perceptron() });
  for (let step = 0; step < 5; step++) {
    const [a, b] = [batchAt(step), batchAt(step + 100)];
    await both.step({ x: [...a.x, ...b.x], y: [...a.y, ...b.y] });
    await alone.step(a);
  }
  const [first, second] = [batchAt(7, 2).x, batchAt(8, 2).x];
  const ofBoth = await both.evaluator(logits, (net, { x }) => ({ logits: net(x) }));
  // A part may have any name, that of the step's key too.
  const ofOne = await alone.evaluator({ key: logits.x }, (net, { key }) => ({ logits: net(key) }));
  const found = (await ofBoth.run({ x: [...first, ...second] })).logits as Float32Array;
  const [weights, own] = [await alone.readWeights(), await both.readWeights()];
  for (const [name, { data }] of weights) {
    expectSame(gpu, own.get(`copies.0.${name}`)?.data as Float32Array, data);
    expect(own.get(`copies.1.${name}`)?.data).not.toEqual(data);
  }
  expect(found.length).toBe(2 * 2 * 3);
  expectSame(gpu, found.slice(0, 6), (await ofOne.run({ key: first })).logits as Float32Array);
  alone.weights.load(new Map([...weights].map(([name]) => [name, own.get(`copies.1.${name}`) as never])));
  expectSame(gpu, found.slice(6), (await ofOne.run({ key: second })).logits as Float32Array);
  for (const training of [both, alone]) training.destroy();
});

/** On a software adapter the same bits: sums are of the same numbers in the same order. */
function expectSame(gpu: Gpu, found: Float32Array, expected: Float32Array): void {
  if (gpu.adapter.isSoftware) expect(found).toEqual(expected);
  expect(found.length).toBe(expected.length);
  for (const [i, value] of found.entries()) expect(value).toBeCloseTo(expected[i] as number, 5);
}
