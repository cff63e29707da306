/** `compile("cpu", …)` beside `compile(gpu, …)`: the same call, the same weights. */
import { describe, expect, test } from "vitest";
import { f32, type Model, model, type Outputs } from "../../src/engine/index.ts";
import { add, mul, parameter, sum, type Tensor } from "../../src/graph/index.ts";
import { adamw, muon, type ParamGroupInput, sgd, splitForMuon } from "../../src/optim/index.ts";
import { fit, type Progress } from "../../src/train/fit.ts";
import type { Trainer } from "../../src/train/trainer.ts";
import { compile } from "../../src/train/training.ts";
import { variants } from "../optim/variants.ts";
import { sharedGpuTest } from "../support/gpuTest.ts";
import { takesAll } from "../support/spread.ts";
import { apart, batchAt, loss, type Options, perceptron, type Types, types } from "./runs.ts";

/** Rules whose several kernels take seconds to compile. */
const dear = ["adafactor", "muon", "lamb", "lars", "stableAdamw"];
/** Of each other rule its first variant. */
const often = Object.entries(variants).filter(([name, rule]) => name === rule.name && !dear.includes(name));

const rows: Readonly<Record<string, Partial<Options>>> = {
  ...Object.fromEntries(
    (takesAll ? Object.entries(variants) : often).map(([name, optimizer]) => [name, { optimizer }]),
  ),
  "float8 states, with a seed": { optimizer: adamw({ states: "float8", lr: 0.05 }), options: { seed: 5 } },
  "decay towards the start": { optimizer: adamw({ lr: 0.05, weightDecay: 0.5, towardsStart: true }) },
  "cautious decay": { optimizer: adamw({ lr: 0.05, weightDecay: 0.5, cautious: true }) },
  "torch profile": { optimizer: adamw({ lr: 0.05, weightDecay: 0.5, profile: "torch" }) },
  "a schedule": { optimizer: sgd({ lr: (t) => 0.1 / t, momentum: 0.9, weightDecay: 0.1 }) },
  "an average": { optimizer: adamw({ lr: 0.05 }), options: { averageDecay: 0.7 } },
  "a tensor in no group": { groups: (tensors) => [{ tensors: tensors.slice(1), hyper: { lr: 0.1 } }] },
};

/** Muon is for matrices. */
const splitGroups: Options["groups"] = (tensors): ParamGroupInput[] => {
  const { hidden, rest } = splitForMuon(tensors);
  return [{ tensors: hidden }, { tensors: rest, rule: adamw({ lr: 0.02 }) }];
};

const made = (on: Parameters<typeof compile>[0], options: Partial<Options>): Promise<Trainer<Model, Types>> =>
  compile(on, { model: perceptron(), loss, batch: types, optimizer: adamw(), seed: 3, ...options });

/** What five steps come to. */
async function trained(on: Parameters<typeof compile>[0], options: Partial<Options>) {
  const training = await made(on, options);
  const evaluator = await training.evaluator({ x: f32(4, 6) }, (net, { x }) => ({ logits: net(x) }));
  const before = await training.readWeights();
  for (let step = 0; step < 5; step++) await training.step(batchAt(step));
  const { logits } = await evaluator.run({ x: batchAt(9, 4).x });
  const weights = await training.readWeights();
  training.destroy();
  return { before, weights, logits: logits as Float32Array };
}

sharedGpuTest.for(Object.entries(rows))("%s: five steps are the GPU's", async ([name, options], { gpu }) => {
  const all = { ...options, ...(name.startsWith("muon") && { groups: splitGroups }) };
  const [onGpu, onCpu] = [await trained(gpu, all), await trained("cpu", all)];
  // A software adapter rounds as the reference does. Where additions are fused, a gradient near zero may change its sign,
  // and some rules take a whole step by the sign.
  const tolerance = gpu.adapter.isSoftware ? 0 : 1e-3;
  expect(apart(onCpu.weights, onGpu.weights)).toBeLessThanOrEqual(tolerance);
  for (const [i, logit] of onCpu.logits.entries()) {
    expect(Math.abs(logit - (onGpu.logits[i] as number))).toBeLessThanOrEqual(10 * tolerance);
  }
  expect(apart(onCpu.weights, onCpu.before)).toBeGreaterThan(0);
});

sharedGpuTest("a gradient that is another parameter is that of before the update", async ({ gpu }) => {
  const entangled = (): Model => {
    const [a, b] = [0.5, -0.25].map((value) => parameter([3], "weight", value)) as [Tensor, Tensor];
    return model({ a, b }, ({ a, b }, x: Tensor) => add(mul(a, b), mul(x, 0))) as unknown as Model;
  };
  const options = {
    model: entangled(),
    batch: { x: f32(3) } as unknown as Types,
    loss: (net: Model, { x }: { x: Tensor }) => sum(net(x)),
    optimizer: sgd({ lr: 0.1 }),
  };
  const found = [];
  for (const on of [gpu, "cpu"] as const) {
    const training = await made(on, options);
    for (let step = 0; step < 3; step++) await training.step({ x: [0, 0, 0] } as never);
    found.push(await training.readWeights());
    training.destroy();
  }
  const [onGpu, onCpu] = found as [(typeof found)[0], (typeof found)[0]];
  expect(apart(onCpu, onGpu)).toBeLessThan(1e-7);
});

test("what was told of does not change with later steps", async () => {
  const bias = parameter([3], "bias", 0);
  const biased = model({ net: perceptron(), bias }, ({ net, bias }, x: Tensor) => add(net(x), bias));
  const training = await made("cpu", { model: biased as unknown as Model });
  const evaluator = await training.evaluator({ x: f32(1, 6) }, () => ({ bias }));
  const [found, weights] = [await evaluator.run({ x: new Float32Array(6) }), await training.readWeights()];
  await training.step(batchAt(0));
  expect(found.bias).toEqual(new Float32Array(3));
  expect(weights.get("bias")?.data).toEqual(new Float32Array(3));
  expect((await evaluator.run({ x: new Float32Array(6) })).bias).not.toEqual(new Float32Array(3));
});

test("fit tells of every step, evaluates, stops between two steps and goes on to the same weights", async () => {
  const training = await made("cpu", {});
  const told: [number, number | undefined][] = [];
  const stop = new AbortController();
  const options = {
    steps: 10,
    batch: batchAt,
    signal: stop.signal,
    evaluate: { every: 4, run: async () => training.batchCount },
    onProgress: ({ step, steps, metrics, evaluation }: Progress<number>) => {
      told.push([step, evaluation]);
      expect([steps, metrics.step]).toEqual([10, step]);
      expect(metrics.loss).toBeGreaterThan(0);
      if (step === 6) stop.abort();
    },
  };
  await fit(training, options);
  expect(training.batchCount).toBe(6);
  await fit(training, { ...options, signal: undefined });
  expect(told).toEqual(Array.from({ length: 10 }, (_, i) => [i + 1, [4, 8, 10].includes(i + 1) ? i + 1 : undefined]));
  const whole = await made("cpu", {});
  await fit(whole, { steps: 10, batch: batchAt });
  expect(await training.readWeights()).toEqual(await whole.readWeights());
});

test("it says that the CPU reference trains, wherever it was asked for", async () => {
  expect((await made("cpu", {})).describe()).toBe(
    "93 parameters; the CPU reference trains them, in float32: slowly, with the steps that a GPU takes, within rounding.",
  );
});

test("a schedule that goes wrong ends it before its step", async () => {
  const training = await made("cpu", { optimizer: adamw({ lr: (t) => (t < 3 ? 0.1 : Number.NaN) }) });
  for (let step = 0; step < 2; step++) await training.step(batchAt(step));
  const before = await training.readWeights();
  await expect(training.step(batchAt(2))).rejects.toThrow("adamw: lr must be a finite number >= 0");
  expect([training.stepCount, apart(await training.readWeights(), before)]).toEqual([2, 0]);
});

const stranger = parameter([3], "bias", 0);

describe("is refused, with its name:", () => {
  test.each<[string, Partial<Options>, string]>([
    ["copies", { copies: { count: 2 } }, "copies: the CPU reference trains without (got 2)."],
    [
      "half precision",
      { storage: ({ role }) => (role === "weight" ? "bfloat16" : "float32") },
      'storage: the CPU reference trains without (got bfloat16 for "0.weight").',
    ],
    ...Object.entries({
      clipNorm: 1,
      clipValue: 0.5,
      lossScale: { initial: 8 },
      nonFinite: "skip" as const,
      microBatches: 2,
      onReport: () => {},
    }).map(([name, value]): [string, Partial<Options>, string] => [
      name,
      { options: { gradients: { [name]: value } } },
      `options.gradients.${name}: the CPU reference trains without (got ${JSON.stringify(value) ?? "a function"}).`,
    ]),
    ["an average that is none", { options: { averageDecay: 2 } }, "averageDecay must be a number in [0, 1), got 2"],
    ["muon on a bias", { optimizer: muon() }, '"0.bias"'],
    [
      "a tensor in two groups",
      { groups: (tensors) => [{ tensors }, { tensors: tensors.slice(1) }] },
      'tensor "2.weight": it was given twice.',
    ],
    [
      "a tensor of another model",
      { groups: ([first]) => [{ tensors: [{ ...first, name: "other" } as never] }] },
      'tensor "other": the model has no such parameter.',
    ],
    [
      "a parameter that is not the model's",
      { loss: (net, { x }) => sum(add(net(x), stranger)) },
      "a parameter of shape [3] that is not among its parameters (made at ",
    ],
    [
      "a metric of many numbers",
      { loss: (net, batch) => ({ ...(loss(net, batch) as Outputs & { loss: Tensor }), logits: net(batch.x) }) },
      "logits: it is not a number (got float32 [12, 3]",
    ],
  ])("%s", async (_, options, message) => {
    await expect(made("cpu", options)).rejects.toThrow(message);
  });

  test.each([
    [{ ...batchAt(0), x: [1, 2] }, 'batch: "x" does not fit (got 2 numbers, allowed 72). Fill it whole.'],
    [{ y: batchAt(0).y } as never, 'batch: "x" does not fit (it is missing, allowed 72). Fill it whole.'],
  ])("a batch that does not fit, %#", async (batch, message) => {
    const training = await made("cpu", {});
    await expect(training.step(batch)).rejects.toThrow(message);
    expect(training.stepCount).toBe(0);
  });
});
