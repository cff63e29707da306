import { expect } from "vitest";
import { f32, layers, type Model, model, type Outputs } from "../../src/engine/index.ts";
import type { Gpu } from "../../src/gpu/index.ts";
import { add, mul, parameter, reshape, type Tensor, tanh } from "../../src/graph/index.ts";
import { adam, sgd } from "../../src/optim/index.ts";
import type { Trainer } from "../../src/train/trainer.ts";
import { compile } from "../../src/train/training.ts";
import { sharedGpuTest as gpuTest } from "../support/gpuTest.ts";
import { apart, batchAt, loss, moody, type Options, perceptron, run, type Types, types } from "./runs.ts";

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
  // [6, 9], [9], [9, 3] and [3], each at a multiple of 128 elements; the last in whole groups of four.
  const { parameters, activations } = training.memory;
  expect(parameters).toBe((3 * 128 + 4) * 4);
  const sizes = ["parameters", "gradients"].map((name) => `${name} ${(parameters / 2 ** 20).toFixed(2)} MiB`);
  expect(words).toContain(`${sizes.join(", ")}, states ${((2 * parameters) / 2 ** 20).toFixed(2)} MiB`);
  expect(words).toContain(`activations ${(activations / 2 ** 20).toFixed(2)} MiB`);
  expect(words).toContain(
    `peak of all buffers on this GPU so far: ${(gpu.pool.stats.peakBytes / 2 ** 20).toFixed(2)} MiB`,
  );
  expect(words).toContain(`${training.waves} waves`);
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

gpuTest("gradients that others are computed from, or that two parameters have, come out right", async ({ gpu }) => {
  const entangled = (): Model => {
    const [a, b, c] = [0.1, 0.2, 1].map((value) => parameter([12, 3], "bias", value)) as [Tensor, Tensor, Tensor];
    return model({ known: perceptron(), a, b, c }, ({ known, a, b, c }, x: Tensor) =>
      add(add(known(x), a), mul(add(a, b), c)),
    ) as unknown as Model;
  };
  const optimizer = sgd({ lr: 0.1 });
  const onCpu = await run("cpu", { model: entangled(), optimizer });
  for (const copies of [undefined, { count: 2, seeds: [3, 3] }]) {
    const onGpu = await run(gpu, { model: entangled(), optimizer, ...(copies && { copies }) });
    for (const [name, { data }] of onCpu.weights) {
      const own = onGpu.weights.get(copies ? `copies.1.${name}` : name)?.data as Float32Array;
      for (const [i, value] of data.entries()) expect(own[i]).toBeCloseTo(value, 5);
    }
  }
});

gpuTest("metrics of several steps are summed on the GPU and told of as their means", async ({ gpu }) => {
  const told = async (on: Gpu | "cpu", more: Partial<Options>, steps: number) => {
    const lossOf: Options["loss"] = (net, batch) => {
      const both = loss(net, batch) as Outputs & { readonly loss: Tensor };
      return { ...both, again: both.loss, twice: mul(both.loss, 2), flat: reshape(both.loss, [1, 1]) };
    };
    return run(on, { model: perceptron(), loss: lossOf, ...more }, steps);
  };
  for (const [on, more] of [
    [gpu, {}],
    [gpu, { copies: { count: 3 } }],
    ["cpu", {}],
  ] as const) {
    const each = await told(on, more, 11);
    const summed = await told(on, { ...more, metricsEvery: 4 }, 11);
    expect(summed.weights).toEqual(each.weights);
    expect(summed.metrics.map(({ step }) => step)).toEqual([4, 8, 11]);
    for (const [i, [from, to]] of (
      [
        [0, 4],
        [4, 8],
        [8, 11],
      ] as const
    ).entries()) {
      for (const name of ["loss", "accuracy", "again", "twice", "flat"]) {
        const mean = each.metrics.slice(from, to).reduce((sum, step) => sum + (step[name] as number), 0) / (to - from);
        expect(summed.metrics[i]?.[name]).toBeCloseTo(mean, 6);
      }
    }
  }
});
