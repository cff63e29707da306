import { expect } from "vitest";
import { f32, layers, losses, type Model, type NamedNumbers, u32 } from "../../src/engine/index.ts";
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from "../../src/numbers/half.ts";
import { adam, adamw, sgd } from "../../src/optim/index.ts";
import { compile } from "../../src/train/training.ts";
import { countObjects } from "../support/countObjects.ts";
import { sharedGpuTest as gpuTest } from "../support/gpuTest.ts";
import { apart, batchAt, loss, type Options, perceptron, rows, run, types } from "./runs.ts";

gpuTest("micro-batches add up to the batch that they are pieces of", async ({ gpu }) => {
  const whole = await run(gpu, { model: perceptron(), optimizer: sgd({ lr: 0.5 }) }, 1);
  const training = await compile(gpu, {
    model: perceptron(),
    loss: (net, { x, y }) => losses.crossEntropy(net(x), y),
    batch: { x: f32(rows / 3, 6), y: u32(rows / 3) },
    optimizer: sgd({ lr: 0.5 }),
    options: { gradients: { microBatches: 3 } },
    seed: 3,
  });
  const { x, y } = batchAt(0);
  for (let piece = 0; piece < 3; piece++) {
    await training.step({ x: x.slice(piece * 24, piece * 24 + 24), y: y.slice(piece * 4, piece * 4 + 4) });
    expect(training.stepCount).toBe(piece === 2 ? 1 : 0);
  }
  expect(apart(await training.readWeights(), whole.weights)).toBeLessThan(1e-6);
  training.destroy();
});

gpuTest("a scaled loss gives the same steps", async ({ gpu }) => {
  const plain = await run(gpu, { model: perceptron(), optimizer: sgd({ lr: 0.1 }) });
  const options = { gradients: { lossScale: 1024 } };
  const scaled = await run(gpu, { model: perceptron(), optimizer: sgd({ lr: 0.1 }), options });
  expect(apart(scaled.weights, plain.weights)).toBeLessThan(1e-6);
});

gpuTest("a block that is computed again takes less memory and gives the same bits", async ({ gpu }) => {
  const wide = (): Model =>
    layers.sequential(layers.linear(64, 256), layers.gelu(), layers.linear(256, 64), layers.gelu());
  const stack = (wrap: (block: Model) => Model): Model =>
    layers.sequential(
      layers.linear(6, 64),
      ...Array.from({ length: 6 }, () => layers.residual(wrap(wide()))),
      layers.linear(64, 3),
    );
  const runs = [];
  for (const wrap of [(block: Model) => block, (block: Model) => layers.recomputed(block)]) {
    const training = await compile(gpu, {
      model: stack(wrap),
      loss,
      batch: types,
      optimizer: adam({ lr: 1e-3 }),
      seed: 2,
    });
    for (let step = 0; step < 3; step++) await training.step(batchAt(step));
    runs.push({ bytes: training.memory.activations, weights: await training.readWeights() });
    training.destroy();
  }
  const [kept, again] = runs as [(typeof runs)[0], (typeof runs)[0]];
  expect(apart(again.weights, kept.weights)).toBe(0);
  expect(again.bytes).toBeLessThan(0.6 * kept.bytes);
});

gpuTest("a step that takes too long goes out in several submits, and comes to the same", async ({ gpu }) => {
  const whole = await run(gpu, { model: perceptron() });
  const submits: number[] = [];
  const training = await compile(gpu, {
    model: perceptron(),
    loss,
    batch: types,
    optimizer: adamw({ lr: 0.01 }),
    seed: 3,
    submitBudget: 1e-6,
  });
  for (let step = 0; step < 10; step++) {
    await training.step(batchAt(step));
    submits.push(training.counts.submits);
  }
  expect(submits[0]).toBeGreaterThan(3);
  expect(submits.at(-1)).toBe(training.counts.dispatches - training.optimizer.dispatchCount);
  expect(apart(await training.readWeights(), whole.weights)).toBe(0);

  const evaluator = await training.evaluator({ x: types.x }, (net, { x }) => ({ logits: net(x) }));
  const { x } = batchAt(0);
  const first = await evaluator.run({ x });
  const { dispatches, submits: sent } = { ...gpu.stream.counts };
  const { created, stop } = countObjects(gpu.device);
  expect(await evaluator.run({ x })).toEqual(first);
  stop();
  const launches = gpu.stream.counts.dispatches - dispatches;
  expect(gpu.stream.counts.submits - sent).toBe(launches);
  expect(created).toEqual({ createCommandEncoder: launches });
  training.destroy();
});

gpuTest("weights in half precision are read as they are, and written by the optimizer", async ({ gpu }) => {
  const wide = (): Model =>
    layers.sequential(layers.linear(6, 32), layers.gelu(), layers.linear(32, 16), layers.linear(16, 3));
  const optimizer = adamw({ lr: 0.02 });
  const whole = await run(gpu, { model: wide(), optimizer }, 30);
  for (const dtype of ["bfloat16", "float16"] as const) {
    const storage: Options["storage"] = ({ role }) => (role === "weight" ? dtype : "float32");
    const half = await run(gpu, { model: wide(), optimizer, storage, options: { masters: true } }, 30);
    for (const [i, { loss }] of half.metrics.entries()) {
      expect(Math.abs(loss - (whole.metrics[i]?.loss as number))).toBeLessThan(0.02);
    }
    const { data } = half.weights.get("2.weight") as NamedNumbers;
    const kept =
      dtype === "bfloat16" ? (x: number) => fromBfloat16(toBfloat16(x)) : (x: number) => fromFloat16(toFloat16(x));
    expect([...data]).toEqual(Array.from(data, kept));
    expect([...(half.weights.get("2.bias") as NamedNumbers).data].some((x) => kept(x) !== x)).toBe(true);
  }
});

gpuTest("biases may be stored in half precision too, with sides in no fours", async ({ gpu }) => {
  const whole = await run(gpu, { model: perceptron() });
  for (const dtype of ["bfloat16", "float16"] as const) {
    const half = await run(gpu, { model: perceptron(), storage: () => dtype, options: { masters: true } });
    const [loss, expected] = [half, whole].map(({ metrics }) => metrics.at(-1)?.loss as number) as [number, number];
    expect(Math.abs(loss - expected)).toBeLessThan(0.02);
    expect(apart(half.weights, whole.weights)).toBeLessThan(0.01);
  }
});
