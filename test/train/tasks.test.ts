import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Gpu, openGpu } from "../../src/gpu/index.ts";
import { adam, adamw, scheduleFreeAdamw, sgd, sgdw, type UpdateRule } from "../../src/optim/index.ts";
import { compareWeights, referenceWeights } from "../../src/page/proof.ts";
import { compile, type Dataset, fit, loadDataset, textDataset } from "../../src/train/index.ts";
import { cnn, gpt, type ImageOptions, mlp, type Scores, type Task, weightNorm } from "../../src/train/tasks/index.ts";

let gpu: Gpu;
let digits: Dataset;
let book: string;

const fetched = async (file: string): Promise<Uint8Array> =>
  new Uint8Array(await (await fetch(new URL(`../../data/${file}`, import.meta.url))).arrayBuffer());

beforeAll(async () => {
  gpu = await openGpu();
  digits = await loadDataset("digits", fetched);
  book = new TextDecoder().decode(await fetched("pride-and-prejudice.txt"));
});
afterAll(() => gpu.destroy());

type TaskTraining = Parameters<Task["scorer"]>[0];

/** Makes a training, uses it and gives it back; the GPU must have had nothing to complain about. */
async function using<T, S extends Scores>(
  task: Task<S>,
  use: (training: TaskTraining, task: Task<S>) => Promise<T>,
  on: Gpu = gpu,
): Promise<T> {
  const before = on.pool.stats.liveBuffers;
  const training = await compile(on, task);
  try {
    return await use(training, task);
  } finally {
    training.destroy();
    on.check();
    expect(on.pool.stats.liveBuffers).toBe(before);
  }
}

const small = (options: ImageOptions = {}): Task =>
  mlp(digits, { epochs: 2, batch: 100, width: 24, optimizer: () => adamw({ weightDecay: 0.05 }), ...options });

const weightsAfter = (task: Task, steps: number, on: Gpu = gpu) =>
  using(
    task,
    async (training) => {
      await fit(training, { steps, batch: task.batchAt });
      return training.readWeights();
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

describe("30 steps of the mlp are the reference's:", () => {
  test.each(rules)("%s", async (_, rule) => {
    const task = small({ optimizer: () => rule, batch: 50 });
    const proof = compareWeights(30, await weightsAfter(task, 30), await referenceWeights(task, 30));
    // Where additions are fused: Adam steps by lr however small a gradient is, so that a few weights may go another way.
    if (gpu.adapter.isSoftware) expect(proof.maxUlp).toBeLessThanOrEqual(16);
    expect(proof.meanAbsDifference).toBeLessThan(1e-5);
  });
});

test("steps of the cnn are the reference's", async () => {
  const task = cnn(digits, { batch: 10, width: 4, optimizer: () => sgd({ lr: 0.05, momentum: 0.9 }) });
  const proof = compareWeights(10, await weightsAfter(task, 10), await referenceWeights(task, 10));
  // Sums of its gradients run in another order; under SGD that stays small.
  expect(proof.maxUlp).toBeLessThan(64);
});

test("steps of the gpt are the reference's", async () => {
  const sizes = { batch: 2, width: 16, layers: 2, heads: 2, context: 12, steps: 5 };
  const task = gpt(textDataset(book.slice(0, 5_000)), { ...sizes, optimizer: () => sgd({ lr: 0.05, momentum: 0.9 }) });
  const proof = compareWeights(5, await weightsAfter(task, 5), await referenceWeights(task, 5));
  expect(proof.maxUlp).toBeLessThan(64);
});

describe("the digits are learned:", () => {
  test.each([
    ["mlp", () => mlp(digits, { epochs: 20, batch: 32 }), 0.95],
    ["cnn", () => cnn(digits, { epochs: 6, batch: 32, width: 8 }), 0.92],
  ] as const)("%s", (_, task, least) =>
    using(task(), async (training, { steps, batchAt, scorer, reportLines }) => {
      const score = await scorer(training);
      await fit(training, { steps, batch: batchAt });
      const scores = await score(true);
      const { accuracy, predictions, confidences, loss } = scores;
      const { y, count } = digits.test;
      expect(accuracy).toBeGreaterThan(least);
      expect(predictions.length).toBe(count);
      expect(accuracy).toBeCloseTo(predictions.filter((guess, i) => guess === y[i]).length / count, 12);
      // The loss is that of the confidences where a prediction is right, and more where it is wrong.
      const nats = predictions.reduce((sum, _, i) => sum - Math.log(confidences[i] as number), 0) / count;
      expect(loss).toBeGreaterThan(nats - 1e-5);
      expect(reportLines(scores)).toEqual([
        `test accuracy: ${(accuracy * 100).toFixed(1)} %`,
        `test loss: ${loss.toFixed(4)} nats`,
      ]);
      expect(await score(true)).toEqual(scores);
    }),
  );
});

test("the mlp's weights have their names, shapes and norm", async () => {
  const weights = await weightsAfter(small(), 1);
  expect([...weights].map(([name, { shape }]) => [name, shape])).toEqual([
    ["layers.0.weight", [64, 24]],
    ["layers.0.bias", [24]],
    ["layers.1.weight", [24, 24]],
    ["layers.1.bias", [24]],
    ["layers.2.weight", [24, 10]],
    ["layers.2.bias", [10]],
  ]);
  const all = [...weights.values()].flatMap(({ data }) => [...data]);
  expect(weightNorm(weights)).toBeCloseTo(Math.hypot(...all), 6);
});

test("the same seed gives the same bits, on a device with small grids too, and another seed others", async () => {
  const limited = await openGpu({ limits: { maxComputeWorkgroupsPerDimension: 7 } });
  const first = await weightsAfter(small(), 20);
  expect(await weightsAfter(small(), 20)).toEqual(first);
  expect(await weightsAfter(small(), 20, limited)).toEqual(first);
  expect(await weightsAfter(small({ seed: 2 }), 20)).not.toEqual(first);
  limited.destroy();
});

test("a schedule-free training evaluates with the average, and goes on as if it had not", () => {
  const own = () => small({ optimizer: () => scheduleFreeAdamw({ lr: 0.01, warmup: 5 }), batch: 50 });
  return using(own(), async (training, { batchAt, scorer }) => {
    const score = await scorer(training);
    await fit(training, { steps: 20, batch: batchAt });
    const [first, weights] = [await score(true), await training.readWeights()];
    expect(await score(true)).toEqual(first);
    const { maxUlp, meanAbsDifference } = compareWeights(20, weights, await referenceWeights(own(), 20));
    if (gpu.adapter.isSoftware) expect(maxUlp).toBeLessThanOrEqual(16);
    expect(meanAbsDifference).toBeLessThan(1e-5);
    // Steps may be taken before the weights are there.
    const reading = training.readWeights();
    await fit(training, { steps: 30, batch: batchAt });
    expect(await reading).toEqual(weights);
    expect(await training.readWeights()).toEqual(await weightsAfter(own(), 30));
  });
});

test("the CPU's mlp has the scores of the GPU's", async () => {
  const scores = async (on: Gpu | "cpu") => {
    const task = mlp(digits, { batch: 100, width: 24 });
    const training = await compile(on, task);
    const score = await task.scorer(training);
    await fit(training, { steps: 3, batch: task.batchAt });
    const found = await score(true);
    training.destroy();
    return found;
  };
  const [onGpu, onCpu] = [await scores(gpu), await scores("cpu")];
  expect(onCpu.loss).toBeCloseTo(onGpu.loss, 5);
  expect(onCpu.predictions).toEqual(onGpu.predictions);
});

/** On the CPU, which has no kernels to compile: on the GPU examples/gpt.ts learns to. */
test("a transformer learns to write a little text, and writes the same for the same seed", async () => {
  const text = textDataset("the quick brown fox jumps over the lazy dog. ".repeat(40));
  const task = gpt(text, { batch: 8, width: 32, layers: 1, heads: 2, context: 8, steps: 80 });
  const training = await compile("cpu", task);
  const score = await task.scorer(training);
  const early = await score(false);
  await fit(training, { steps: task.steps, batch: task.batchAt });
  const scores = await score(false);
  expect(scores.loss).toBeLessThan(early.loss / 2);
  expect(scores.sample.length).toBeGreaterThan(100);
  expect(task.reportLines(scores)).toEqual([`validation loss: ${scores.loss.toFixed(2)}`]);
  expect(await score(false)).toEqual(scores);
});

describe("what makes no sense is refused, and everything given back:", () => {
  test.each<[string, () => unknown, string]>([
    ["no epochs", () => small({ epochs: 0 }), "epochs: not a whole number in range (got 0,"],
    ["half an epoch", () => small({ epochs: 1.5 }), "epochs: not a whole number in range (got 1.5,"],
    ["no width", () => small({ width: 0 }), "width: not a whole number in range (got 0,"],
    ["a seed below zero", () => small({ seed: -1 }), "seed: not a whole number in range (got -1,"],
    ["an empty batch", () => small({ batch: 0 }), "batch: not a number of examples (got 0, allowed 1 to 1438)."],
    ["a batch larger than the data", () => small({ batch: 1439 }), "batch: not a number of examples (got 1439,"],
    ["a batch of NaN", () => cnn(digits, { batch: Number.NaN }), "batch: not a number of examples (got NaN,"],
    ["no steps", () => gpt(textDataset(book), { steps: 0 }), "steps: not a whole number in range (got 0,"],
    ["heads that do not divide", () => gpt(textDataset(book), { heads: 3 }), "attention: a width that does not divide"],
    [
      "a class that is none",
      () => mlp({ ...digits, test: { ...digits.test, y: digits.test.y.map((y, i) => (i === 7 ? 10 : y)) } }),
      "dataset digits, test part, example 7: no such class (got 10, allowed 0 to 9).",
    ],
    [
      "images of another size",
      () => mlp({ ...digits, features: 63 }),
      "dataset digits, train part: its arrays do not hold its examples",
    ],
  ])("%s", (_, make, message) => {
    expect(make).toThrow(message);
  });

  test("what the device cannot hold", async () => {
    const limited = await openGpu({ limits: { maxStorageBufferBindingSize: 65_536 } });
    await expect(compile(limited, mlp(digits, { width: 512 }))).rejects.toThrow("is too large");
    expect(limited.pool.stats.liveBuffers).toBe(0);
    limited.destroy();
  });
});
