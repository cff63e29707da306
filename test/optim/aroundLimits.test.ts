/** What every rule can be asked for beside its own, on the GPU: what it costs, where it does not fit, what is refused. */
import { describe, expect, test } from "vitest";
import { LimitError, openGpu } from "../../src/gpu/index.ts";
import { join } from "../../src/gpu/shader.ts";
import {
  adam,
  adamw,
  adan,
  createOptimizer,
  HyperparameterError,
  lion,
  nadam,
  type OptimizerOptions,
  radam,
  sgd,
  sgdw,
  type UpdateRule,
} from "../../src/optim/index.ts";
import { moduleParts } from "../../src/optim/parts.ts";
import { gpuTest, outcome, sharedGpuTest } from "../support/gpuTest.ts";
import { averaged, holds, opened, run } from "./aroundRun.ts";
import { testTensor } from "./solo.ts";

const storageBuffers: [what: string, count: number, UpdateRule, OptimizerOptions][] = [
  ["adamw, averaged", 7, adamw(), averaged],
  ["adamw with amsgrad, averaged", 8, adamw({ amsgrad: true }), averaged],
  ["adamw with amsgrad, towards the start", 8, adamw({ amsgrad: true, towardsStart: true }), {}],
  ["adam, averaged and towards the start", 8, adam({ towardsStart: true }), averaged],
  ["adam with amsgrad, averaged and towards the start", 9, adam({ amsgrad: true, towardsStart: true }), averaged],
  ["adan", 8, adan(), {}],
  ["adan, averaged", 9, adan(), averaged],
  ["adan, towards the start", 9, adan({ towardsStart: true }), {}],
];

describe("a device that binds eight storage buffers, as WebGPU promises,", () => {
  sharedGpuTest.for(storageBuffers.filter(([, count]) => count <= 8))("runs %s: %i", async ([, , rule, options]) => {
    const adapter = await navigator.gpu.requestAdapter();
    const device = (await adapter?.requestDevice()) as GPUDevice;
    const gpu = await openGpu({ device });
    expect(gpu.limits.maxStorageBuffersPerShaderStage).toBe(8);
    const w = testTensor(gpu, "w", 70, 3);
    const before = await w.read();
    const optimizer = await opened(gpu, rule, [w], options);
    run(optimizer, [w], 2);
    await gpu.idle();
    expect(await w.read()).not.toEqual(before);
    optimizer.destroy();
    gpu.destroy();
    device.destroy();
  });

  sharedGpuTest.for(storageBuffers.filter(([, count]) => count > 8))(
    "refuses %s, %i, with a LimitError that names the rule, and makes nothing",
    async ([, count, rule, options], { gpu }) => {
      const small = await openGpu({ device: gpu.device, limits: { maxStorageBuffersPerShaderStage: 8 } });
      const error = await outcome(opened(small, rule, [testTensor(gpu, "w", 70, 3)], options));
      expect(error).toBeInstanceOf(LimitError);
      expect((error as Error).message).toBe(
        `${rule.name}: its update works on more storage buffers than this device binds (got ${count}, allowed 8). ` +
          "Leave out the average of the weights, or an option that brings a state.",
      );
      expect(small.pool.stats.created).toBe(0);
    },
  );
});

describe("what it costs:", () => {
  const costs: [what: string, bytes: number, UpdateRule, OptimizerOptions][] = [
    ["sgd towards the start", 12 + 4, sgd({ towardsStart: true }), {}],
    ["sgd, averaged", 12 + 8, sgd(), averaged],
    ["adamw towards the start", 28 + 4, adamw({ towardsStart: true }), {}],
    ["adamw, averaged", 28 + 8, adamw(), averaged],
    ["adamw, averaged and towards the start", 28 + 12, adamw({ towardsStart: true }), averaged],
    ["adamw, cautious", 28, adamw({ cautious: true }), {}],
    ["adan, averaged", 44 + 8, adan(), averaged],
  ];

  sharedGpuTest.for(costs)("%s: %i bytes a parameter, and one dispatch", async ([, bytes, rule, options], { gpu }) => {
    const tensors = [testTensor(gpu, "w", 1024, 1)];
    const optimizer = await opened(gpu, rule, tensors, options);
    expect([optimizer.bytesPerParameter, optimizer.dispatchCount]).toEqual([bytes, 1]);
    optimizer.destroy();
  });

  test.each(costs)("%s: the shader loads what it adds once, and stores it once", (_, __, rule, options) => {
    const hasAverage = options.averageDecay !== undefined;
    for (const isRagged of [false, true]) {
      const around = { isGuarded: false, hasAverage, hasMasters: false };
      const code = join(moduleParts(rule.variant(rule.uses), { dtype: "float32", isRagged }, around));
      const text = code.replace(/\/\/.*/g, "");
      const added = [...(hasAverage ? ["averages"] : []), ...(rule.uses("towardsStart") ? ["start"] : [])];
      for (const name of added) {
        const uses = [...text.matchAll(new RegExp(`\\b${name}\\[[^\\]]*\\]( = )?`, "g"))];
        expect(
          uses.filter(([, assigned]) => assigned),
          name,
        ).toHaveLength(1);
        expect(uses, name).toHaveLength(2);
      }
    }
  });
});

describe("what is refused:", () => {
  const inUnit = "optimizer: averageDecay must be a number in [0, 1), got";
  gpuTest.for<[unknown, string]>([
    [1, `${inUnit} 1.`],
    [-0.1, `${inUnit} -0.1.`],
    [Number.NaN, `${inUnit} NaN.`],
    [Infinity, `${inUnit} Infinity.`],
    ["0.9", `${inUnit} 0.9.`],
  ])("averageDecay %o", async ([averageDecay, says], { gpu }) => {
    const error = await outcome(
      opened(gpu, adamw(), [testTensor(gpu, "w", 9, 1)], { averageDecay } as OptimizerOptions),
    );
    expect(error).toBeInstanceOf(HyperparameterError);
    expect((error as Error).message).toBe(says);
    expect(gpu.pool.stats.created).toBe(0);
  });

  gpuTest("averageDecay that becomes 1: at that step, before anything is written", async ({ gpu }) => {
    const w = testTensor(gpu, "w", 9, 1);
    const optimizer = await opened(gpu, adamw(), [w], { averageDecay: (t) => (t === 3 ? 1 : 0.5) });
    run(optimizer, [w], 2);
    const before = await holds(optimizer, w);
    const counts = { ...gpu.stream.counts };
    expect(() => optimizer.step()).toThrow(`${inUnit} 1 at step 3.`);
    expect([optimizer.stepCount, gpu.stream.counts]).toEqual([2, counts]);
    expect(await holds(optimizer, w)).toEqual(before);
    optimizer.destroy();
  });

  const only = "cautious is for a decoupled decay towards zero in the accurate profile, got it with";
  test.each<[string, () => unknown, string]>([
    ["in the torch profile", () => adamw({ cautious: true, profile: "torch" }), `adamw: ${only} the torch profile.`],
    ["with towardsStart", () => sgdw({ cautious: true, towardsStart: true }), `sgdw: ${only} towardsStart.`],
    ["of NAdam with L2", () => nadam({ cautious: true }), `nadam: ${only} a coupled decay.`],
    ["of RAdam with L2", () => radam({ cautious: true }), `radam: ${only} a coupled decay.`],
    ["of Adam", () => adam({ cautious: true }), 'adam: unknown hyperparameter "cautious"'],
    ["of SGD", () => sgd({ cautious: true }), 'sgd: unknown hyperparameter "cautious"'],
    ["that is a number", () => lion({ cautious: 1 as never }), "lion: cautious must be true or false, got 1."],
  ])("a cautious decay %s", (_, make, says) => {
    expect(make).toThrow(HyperparameterError);
    expect(make).toThrow(says);
  });

  gpuTest("to turn them on or off in an optimizer, or have them in some groups of a rule only", async ({ gpu }) => {
    const [w, v] = [testTensor(gpu, "w", 8, 1), testTensor(gpu, "v", 8, 2)];
    const plain = await opened(gpu, adamw(), [w], {});
    const full = await opened(gpu, adamw({ towardsStart: true }), [v], {});
    expect(() => plain.paramGroups[0]?.set({ towardsStart: true })).toThrow("adamw: towardsStart needs another kernel");
    expect(() => plain.paramGroups[0]?.set({ cautious: true })).toThrow(HyperparameterError);
    expect(() => full.paramGroups[0]?.set({ towardsStart: false })).toThrow("towardsStart cannot be turned off");
    for (const optimizer of [plain, full]) optimizer.destroy();
    const groups = [{ tensors: [w] }, { tensors: [v], hyper: { towardsStart: true } }];
    const error = await outcome(createOptimizer(gpu, adamw(), groups));
    expect((error as Error).message).toContain("adamw: towardsStart must be the same in all groups");
    const apart = [{ tensors: [w] }, { tensors: [v], rule: adamw({ towardsStart: true }) }];
    const optimizer = await createOptimizer(gpu, adamw(), apart);
    expect(optimizer.dispatchCount).toBe(2);
    optimizer.destroy();
  });
});

describe("describe() says it:", () => {
  const shrink = "shrink per step 1e-4, half-life 6,931 steps, timescale 10,000 steps";
  gpuTest.for<[UpdateRule, string]>([
    [adamw({ lr: 1e-3, weightDecay: 0.1, towardsStart: true }), `decoupled, ${shrink}, towards the initial weights`],
    [adamw({ lr: 1e-3, weightDecay: 0.1, cautious: true }), `decoupled, ${shrink}, only where the step agrees`],
    [
      sgd({ lr: 1e-3, weightDecay: 0.1, towardsStart: true }),
      `as L2 regularization through the gradient, nominally ${shrink}, towards the initial weights`,
    ],
    [adamw({ lr: 1e-3, weightDecay: 0, towardsStart: true }), "none"],
  ])("%o", async ([rule, words], { gpu }) => {
    const optimizer = await opened(gpu, rule, [testTensor(gpu, "w", 9, 1)], {});
    expect(optimizer.describe()).toBe(
      `paramGroup 0: ${rule.name}, accurate profile\n  decay: ${words}\n  decays: w [9]\n  exempt: nothing`,
    );
    optimizer.destroy();
  });
});
