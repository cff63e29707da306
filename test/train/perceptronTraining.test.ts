import { afterAll, beforeAll, expect, test } from "vitest";
import { type Gpu, openGpu } from "../../src/gpu/index.ts";
import { adam, adamw, scheduleFreeAdamw, sgd, sgdw, type UpdateRule } from "../../src/optim/index.ts";
import { compareWeights, referenceWeights } from "../../src/page/proof.ts";
import { type Dataset, loadDataset } from "../../src/train/datasets.ts";
import {
  createTraining,
  type Progress,
  type Training,
  type TrainingOptions,
} from "../../src/train/perceptronTraining.ts";
import { countObjects } from "../support/countObjects.ts";

let gpu: Gpu;
let digits: Dataset;
let options: TrainingOptions;

beforeAll(async () => {
  gpu = await openGpu();
  digits = await loadDataset("digits", async (file) => {
    const response = await fetch(new URL(`../../data/${file}`, import.meta.url));
    return new Uint8Array(await response.arrayBuffer());
  });
  options = { dataset: digits, optimizer: adamw({ weightDecay: 0.05 }), epochs: 2, batch: 100, seed: 1, width: 24 };
});
afterAll(() => gpu.destroy());

/** Makes a training, uses it and gives it back; the GPU must have had nothing to complain about. */
async function using<T>(of: TrainingOptions, use: (training: Training) => Promise<T>, on: Gpu = gpu): Promise<T> {
  const training = await createTraining(on, of);
  try {
    return await use(training);
  } finally {
    training.destroy();
    on.check();
  }
}

const weightsAfter = (of: TrainingOptions, until: number, on: Gpu = gpu) =>
  using(
    of,
    async (training) => {
      await training.run({ until });
      return training.weights();
    },
    on,
  );

const rules: [string, UpdateRule][] = [
  ["adamw", adamw({ lr: 3e-3, weightDecay: 0.1 })],
  ["adamw on a schedule", adamw({ lr: (t) => 3e-3 * (1 - t / 100), weightDecay: 0.1 })],
  ["adamw, torch profile", adamw({ lr: 3e-3, weightDecay: 0.1, profile: "torch" })],
  ["adam", adam({ lr: 3e-3, weightDecay: 0.01 })],
  ["adam, amsgrad", adam({ lr: 3e-3, amsgrad: true })],
  ["sgd", sgd({ lr: 0.1, weightDecay: 0.01 })],
  ["sgd, momentum", sgd({ lr: 0.05, momentum: 0.9, nesterov: true })],
  ["sgdw, momentum", sgdw({ lr: 0.05, momentum: 0.9, weightDecay: 0.1 })],
];

test.each(rules)("30 steps are the reference's: %s", async (_, optimizer) => {
  const own = { ...options, optimizer, batch: 50 };
  const proof = compareWeights(30, await weightsAfter(own, 30), await referenceWeights(own, 30));
  if (gpu.adapter.isSoftware) expect(proof.bitEqualShare).toBe(1);
  // Where additions are fused: Adam steps by lr however small a gradient is, so that a few weights may go another way.
  else expect(proof.meanAbsDifference).toBeLessThan(1e-5);
});

test("a schedule-free training evaluates with the average, and goes on as if it had not", () => {
  const own = { ...options, optimizer: scheduleFreeAdamw({ lr: 0.01, warmup: 5 }), batch: 50 };
  return using(own, async (training) => {
    await training.run({ until: 20 });
    const [first, weights] = [await training.evaluate(), await training.weights()];
    expect(await training.evaluate()).toEqual(first);
    expect(first.accuracy).toBeGreaterThan(0.4);
    const norm = Math.hypot(...[...weights.values()].flatMap(({ data }) => [...data]));
    expect(Math.abs(first.weightNorm / norm - 1)).toBeLessThan(1e-6);
    const trained = await referenceWeights(own, 20);
    expect(compareWeights(20, weights, trained).bitEqualShare).toBeLessThan(0.5); // Weights of pixels that are always blank do not move.
    // Steps may be taken before an evaluation has been waited for.
    const evaluation = training.evaluate();
    for (let step = 20; step < 30; step++) training.step();
    expect(await evaluation).toEqual(first);
    expect(await training.weights()).toEqual(await weightsAfter(own, 30));
  });
});

test("the same seed gives the same bits, on a device with small grids too, and another seed others", async () => {
  const small = await openGpu({ limits: { maxComputeWorkgroupsPerDimension: 7 } });
  const first = await weightsAfter(options, 20);
  expect(await weightsAfter(options, 20)).toEqual(first);
  expect(await weightsAfter(options, 20, small)).toEqual(first);
  expect(await weightsAfter({ ...options, seed: 2 }, 20)).not.toEqual(first);
  small.destroy();
});

test("a step is one submit of ten dispatches and creates nothing", () =>
  using(options, async (training) => {
    await training.run({ until: 2 });
    const before = { ...gpu.stream.counts };
    const { created, stop } = countObjects(gpu.device);
    await training.run({ until: 12 });
    stop();
    expect(training.counts).toEqual({ dispatches: 10, submits: 1 });
    const used = Object.entries(gpu.stream.counts).map(([name, count]) => [name, count - before[name as "writes"]]);
    // A write for the batch and one for the optimizer's scalars; a copy of the metrics.
    expect(Object.fromEntries(used)).toEqual({ dispatches: 100, submits: 10, copies: 10, writes: 20 });
    expect(created).toEqual({ createCommandEncoder: 10 });
  }));

test("every step is told of once and in order, and every epoch evaluated", () =>
  using(options, async (training) => {
    const progress: Progress[] = [];
    await training.run({ onProgress: (step) => progress.push(step) });
    expect(training.totalSteps).toBe(28);
    expect(progress.map(({ step }) => step)).toEqual(Array.from({ length: 28 }, (_, i) => i + 1));
    expect(progress.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 28 }, (_, i) => 1 + Math.floor(i / 14)));
    expect(progress.filter(({ evaluation }) => evaluation).map(({ step }) => step)).toEqual([14, 28]);
    for (const { loss, trainAccuracy, stepsPerSecond, steps, epochs } of progress) {
      expect(loss).toBeGreaterThan(0);
      expect(trainAccuracy * options.batch).toBeCloseTo(Math.round(trainAccuracy * options.batch), 6);
      expect(stepsPerSecond).toBeGreaterThan(0);
      expect([steps, epochs]).toEqual([28, 2]);
    }
    // Before the first update the model knows nothing.
    expect(Math.abs((progress[0] as Progress).loss - Math.log(10))).toBeLessThan(1);
  }));

test("an evaluation agrees with itself and with the weights", () =>
  using(options, async (training) => {
    await training.run();
    const { loss, accuracy, predictions, weightNorm } = await training.evaluate();
    const { y, count } = digits.test;
    expect(predictions.length).toBe(count);
    expect(accuracy).toBeCloseTo(predictions.filter((guess, i) => guess === y[i]).length / count, 6);
    expect(loss).toBeGreaterThan(0);
    const weights = await training.weights();
    expect([...weights].map(([name, { shape }]) => [name, shape])).toEqual([
      ["layers.0.weight", [64, 24]],
      ["layers.0.bias", [24]],
      ["layers.1.weight", [24, 24]],
      ["layers.1.bias", [24]],
      ["layers.2.weight", [24, 10]],
      ["layers.2.bias", [10]],
    ]);
    const squares = [...weights.values()]
      .flatMap(({ data }) => [...data])
      .reduce((sum, value) => sum + value * value, 0);
    expect(Math.abs(weightNorm / Math.sqrt(squares) - 1)).toBeLessThan(1e-6);
    expect(await training.evaluate()).toEqual({ loss, accuracy, predictions, weightNorm });
  }));

test("a run that is stopped and goes on ends where one that was not stopped does", async () => {
  const whole = await weightsAfter(options, 28);
  await using(options, async (training) => {
    const steps: number[] = [];
    while (training.stepCount < training.totalSteps) {
      const stop = new AbortController();
      await training.run({
        signal: stop.signal,
        onProgress: ({ step }) => {
          steps.push(step);
          if (step % 5 === 0) stop.abort();
        },
      });
    }
    expect(steps).toEqual(Array.from({ length: 28 }, (_, i) => i + 1));
    expect(await training.weights()).toEqual(whole);
  });
});

test("steps that nobody waits for are no part of a run's progress", () =>
  using({ ...options, epochs: 10 }, async (training) => {
    for (let step = 0; step < 60; step++) training.step();
    const steps: number[] = [];
    await training.run({ until: 61, onProgress: ({ step }) => steps.push(step) });
    expect(training.stepCount).toBe(61);
    expect(steps).toEqual([61]);
  }));

test("it runs once at a time", () =>
  using(options, async (training) => {
    const first = training.run({ until: 3 });
    await expect(training.run()).rejects.toThrow("training: it is running already.");
    await first;
    expect(training.stepCount).toBe(3);
  }));

test("an error of the listener ends the run, which can go on", () =>
  using(options, async (training) => {
    const onProgress = ({ step }: Progress): void => {
      if (step === 4) throw new Error("the listener's own");
    };
    await expect(training.run({ onProgress })).rejects.toThrow("the listener's own");
    expect(training.stepCount).toBeLessThan(10);
    await training.run({ until: 20 });
    expect(training.stepCount).toBe(20);
  }));

test("a device that is lost ends the run with an error", async () => {
  const own = await openGpu();
  const training = await createTraining(own, { ...options, epochs: 1000 });
  const onProgress = ({ step }: Progress): void => {
    if (step === 5) own.device.destroy();
  };
  await expect(training.run({ onProgress })).rejects.toThrow("device: it was destroyed");
  await expect(training.run()).rejects.toThrow("device: it was destroyed");
});

test("a schedule that goes wrong on the way ends the run before its step", () =>
  using({ ...options, optimizer: adamw({ lr: (t) => (t < 7 ? 1e-3 : Number.NaN) }) }, async (training) => {
    const steps: number[] = [];
    const before = { ...gpu.stream.counts };
    const run = training.run({ onProgress: ({ step }) => steps.push(step) });
    await expect(run).rejects.toThrow("adamw: lr must be a finite number >= 0, got NaN at step 7.");
    expect(training.stepCount).toBe(6);
    expect(gpu.stream.counts.writes - before.writes).toBe(12);
    expect(gpu.stream.counts.dispatches - before.dispatches).toBe(60);
  }));

test("what the device cannot hold is refused, and everything given back", async () => {
  const small = await openGpu({ limits: { maxStorageBufferBindingSize: 65_536 } });
  await expect(createTraining(small, options)).rejects.toThrow("binding 0 of bind group 0 is too large");
  expect(small.pool.stats.liveBuffers).toBe(0);
  small.destroy();
});

test("the digits are learned", () =>
  using({ ...options, epochs: 20, batch: 32, width: 128 }, async (training) => {
    await training.run();
    expect((await training.evaluate()).accuracy).toBeGreaterThan(0.96);
  }));

test("all memory is given back", async () => {
  const before = gpu.pool.stats.liveBuffers;
  await using(options, async () => expect(gpu.pool.stats.liveBuffers).toBeGreaterThan(before));
  expect(gpu.pool.stats.liveBuffers).toBe(before);
});

test.each<[string, () => Partial<TrainingOptions>, string]>([
  ["no epochs", () => ({ epochs: 0 }), "epochs: not a whole number in range (got 0,"],
  ["half an epoch", () => ({ epochs: 1.5 }), "epochs: not a whole number in range (got 1.5,"],
  ["no width", () => ({ width: 0 }), "width: not a whole number in range (got 0,"],
  ["a seed below zero", () => ({ seed: -1 }), "seed: not a whole number in range (got -1,"],
  ["an empty batch", () => ({ batch: 0 }), "batch: not a number of examples (got 0, allowed 1 to 1438)."],
  ["a batch larger than the data", () => ({ batch: 1439 }), "batch: not a number of examples (got 1439,"],
  ["a batch of NaN", () => ({ batch: Number.NaN }), "batch: not a number of examples (got NaN,"],
  [
    "a class that is none",
    () => ({ dataset: { ...digits, test: { ...digits.test, y: digits.test.y.map((y, i) => (i === 7 ? 10 : y)) } } }),
    "dataset digits, test part, example 7: no such class (got 10, allowed 0 to 9).",
  ],
  [
    "images of another size",
    () => ({ dataset: { ...digits, features: 63 } }),
    "dataset digits, train part: its arrays do not hold its examples",
  ],
])("%s is refused", async (_, wrong, message) => {
  const before = gpu.pool.stats.liveBuffers;
  await expect(createTraining(gpu, { ...options, ...wrong() })).rejects.toThrow(message);
  expect(gpu.pool.stats.liveBuffers).toBe(before);
});
