import { expect } from "vitest";
import { f32, layers, type Model, model } from "../../src/engine/index.ts";
import type { Gpu } from "../../src/gpu/index.ts";
import { add, mul, parameter, type Tensor, tanh } from "../../src/graph/index.ts";
import { adam, adamw, sgd } from "../../src/optim/index.ts";
import type { Trainer } from "../../src/train/trainer.ts";
import { compile } from "../../src/train/training.ts";
import { sharedGpuTest as gpuTest } from "../support/gpuTest.ts";
import { apart, batchAt, loss, perceptron, run, type Types, types } from "./runs.ts";

/** Everything that behaves otherwise in training. */
const moody = (): Model =>
  layers.sequential(
    layers.linear(6, 16),
    layers.batchNorm(16),
    layers.gelu(),
    layers.dropout(0.25),
    layers.residual(layers.sequential(layers.layerNorm(16), layers.linear(16, 16), layers.silu())),
    layers.linear(16, 3),
  );

gpuTest("the GPU and the CPU take the same steps, with dropout, norms and running statistics", async ({ gpu }) => {
  // Not Adam: it makes whole steps of the bias ahead of the batch norm, whose gradient is 0 but for rounding.
  const optimizer = sgd({ lr: 0.1, momentum: 0.9 });
  const [onGpu, onCpu] = [
    await run(gpu, { model: moody(), optimizer }),
    await run("cpu", { model: moody(), optimizer }),
  ];
  expect(apart(onGpu.weights, onCpu.weights)).toBeLessThan(2e-6);
  for (const [i, { loss, accuracy }] of onGpu.metrics.entries()) {
    expect(loss).toBeCloseTo(onCpu.metrics[i]?.loss as number, 5);
    expect(accuracy).toBe(onCpu.metrics[i]?.accuracy);
  }
  const statistics = onGpu.weights.get("1.runningMean")?.data as Float32Array;
  expect(statistics.some((mean) => Math.abs(mean) > 1e-3)).toBe(true);
});

gpuTest("evaluation sees no dropout and the running statistics; the same on both", async ({ gpu }) => {
  const found = [];
  for (const device of [gpu, "cpu"] as const) {
    const training: Trainer<Model, Types> = await compile(device as Gpu | "cpu", {
      model: moody(),
      loss,
      batch: types,
      optimizer: sgd({ lr: 0.1 }),
    });
    await training.step(batchAt(0));
    const evaluator = await training.evaluator({ x: f32(2, 6) }, (net, { x }) => ({ logits: net(x) }));
    const x = batchAt(7, 2).x;
    const [once, again] = [await evaluator.run({ x }), await evaluator.run({ x })];
    expect(once.logits).toEqual(again.logits);
    found.push(once.logits as Float32Array);
    training.destroy();
  }
  const [a, b] = found as [Float32Array, Float32Array];
  for (const [i, logit] of a.entries()) expect(logit).toBeCloseTo(b[i] as number, 5);
});

gpuTest("copies train as each would by itself, with rates and decays of their own", async ({ gpu }) => {
  const rates = [0.01, 0.03, 0.002];
  const seeds = [5, 9, 5];
  const many = await run(gpu, {
    model: perceptron(),
    copies: { count: 3, seeds },
    groups: (tensors) =>
      rates.map((lr, copy) => ({
        tensors: tensors.filter((tensor) => tensor.copy === copy),
        hyper: { lr, weightDecay: lr },
      })),
  });
  for (const [copy, lr] of rates.entries()) {
    const alone = await run(gpu, {
      model: perceptron(),
      seed: seeds[copy] as number,
      optimizer: adamw({ lr, weightDecay: lr }),
    });
    for (const [name, { data }] of alone.weights) {
      const own = many.weights.get(`copies.${copy}.${name}`)?.data as Float32Array;
      if (gpu.adapter.isSoftware) expect(own).toEqual(data);
      else for (const [i, value] of own.entries()) expect(value).toBeCloseTo(data[i] as number, 5);
    }
    expect(many.losses.map((loss) => loss[copy])).toEqual(alone.metrics.map(({ loss }) => loss));
  }
});

gpuTest("copies may have batches of their own", async ({ gpu }) => {
  const training = await compile(gpu, {
    model: perceptron(),
    loss,
    batch: types,
    optimizer: adam({ lr: 0.01 }),
    seed: 3,
    copies: { count: 2, seeds: [3, 3], own: ["x", "y"] },
  });
  for (let step = 0; step < 5; step++) {
    const [a, b] = [batchAt(step), batchAt(step + 100)];
    await training.step({ x: [...a.x, ...b.x], y: [...a.y, ...b.y] });
  }
  const both = await training.readWeights();
  training.destroy();
  const first = await run(gpu, { model: perceptron(), optimizer: adam({ lr: 0.01 }) }, 5);
  for (const [name, { data }] of first.weights) {
    const own = both.get(`copies.0.${name}`)?.data as Float32Array;
    const other = both.get(`copies.1.${name}`)?.data as Float32Array;
    for (const [i, value] of own.entries()) expect(value).toBeCloseTo(data[i] as number, 6);
    expect(other).not.toEqual(own);
  }
});

gpuTest("what does not fit is said before anything is written", async ({ gpu }) => {
  const training = await compile(gpu, { model: perceptron(), loss, batch: types, optimizer: adam() });
  const before = await training.readWeights();
  const { writes } = gpu.stream.counts;
  await expect(training.step({ ...batchAt(0), x: [1, 2] })).rejects.toThrow(
    '"x" does not fit (got 2 numbers, allowed 72)',
  );
  await expect(training.step({ y: batchAt(0).y } as never)).rejects.toThrow('"x" does not fit (it is missing');
  expect(gpu.stream.counts.writes).toBe(writes);
  expect(apart(await training.readWeights(), before)).toBe(0);
  expect(() => training.weights.load(new Map())).toThrow('"0.weight" does not fit (got nothing, allowed [6, 9])');
  training.destroy();
});

gpuTest("a model that cannot be is refused with the line that is at fault", async ({ gpu }) => {
  const stray = parameter([3], "bias", 0);
  const forgetful = model({ known: perceptron() }, ({ known }, x: Tensor) => add(known(x), stray)) as unknown as Model;
  await expect(run(gpu, { model: forgetful })).rejects.toThrow(/not among its parameters \(made at compile\.test\.ts/);
  const known = perceptron();
  await expect(run(gpu, { model: known, loss: (net, { x }) => net(x) })).rejects.toThrow(
    /loss: .*got float32 \[12, 3\]/,
  );
  await expect(run(gpu, { model: known, loss: (net, { x }) => mul(net(x), net(net(x))) })).rejects.toThrow(
    /matmul: .*\(at /,
  );
  await expect(run(gpu, { model: known, seed: -1 })).rejects.toThrow("seed: not a whole number in range (got -1");
});

gpuTest("a step is described by its kernels and its memory", async ({ gpu }) => {
  const training = await compile(gpu, { model: perceptron(), loss, batch: types, optimizer: adam({ lr: 1e-3 }) });
  const words = training.describe();
  expect(words).toMatch(/^93 parameters; \d+ nodes in \d+ dispatches a step:/);
  expect(words).toMatch(/× engine\/matmul/);
  expect(words).toMatch(/1 × the update/);
  expect(words).toMatch(/weights .* gradients .* states .* activations .* in \d+ buffers/s);
  training.destroy();
});

gpuTest("a parameter that is used twice is there once, and has both gradients", async ({ gpu }) => {
  const tied = (): Model => {
    const linear = layers.linear(6, 6);
    return model({ first: linear, second: linear, head: layers.linear(6, 3) }, ({ first, second, head }, x: Tensor) =>
      head(tanh(second(tanh(first(x))))),
    );
  };
  const [onGpu, onCpu] = [await run(gpu, { model: tied() }), await run("cpu", { model: tied() })];
  expect([...onGpu.weights.keys()]).toEqual(["first.weight", "first.bias", "head.weight", "head.bias"]);
  expect(apart(onGpu.weights, onCpu.weights)).toBeLessThan(1e-5);
});
