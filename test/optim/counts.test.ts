// What a step costs, in numbers that are the same on every machine.
import { afterEach, describe, expect, vi } from "vitest";
import { createOptimizer, type HyperInput, type UpdateRule } from "../../src/optim/index.ts";
import { measureOf } from "../../src/optim/parts.ts";
import { countObjects } from "../support/countObjects.ts";
import { bufferOf, gpuTest, sharedGpuTest } from "../support/gpuTest.ts";
import { spread, spreadOfEachRule } from "../support/spread.ts";
import { model } from "./model.ts";
import { variants } from "./variants.ts";

afterEach(() => void vi.restoreAllMocks());

const rules = spreadOfEachRule(
  Object.entries(variants).map(([desc, variant]) => ({ rule: variant.name, desc, variant })),
  1,
).map(({ desc, variant }) => [desc, variant] as const);

/** What a step of a rule takes: its update; where it measures first, that and the sum of the tiles; and Muon's products. */
function dispatchesOf(rule: UpdateRule): number {
  if (rule.name === "adafactor") return 6;
  return (measureOf(rule.variant(rule.uses)) ? 3 : 1) + 3 * Number(rule.hyperAt(1).nsSteps ?? 0);
}

describe("a step of the whole model is one dispatch (with norms three, of adafactor six, of muon eighteen), one submit and one small write, and makes nothing:", () => {
  const sizes = [
    ...spread(rules, 6).map(([desc, rule]) => [148, 3, desc, rule] as const), // costs.test.ts takes one step of each
    [148, 3, "adamw", variants.adamw!],
    [1_000, 3, "adamw", variants.adamw!],
    [1, 1, "sgd", variants.sgd!],
  ] as const;
  sharedGpuTest.for(sizes)("%i tensors in %i paramGroups, %s", async ([count, groups, , rule], { gpu }) => {
    const { paramGroups, destroy } = model(gpu, count, groups, rule);
    const optimizer = await createOptimizer(gpu, rule, paramGroups);
    optimizer.step();
    const { created } = countObjects(gpu.device);
    const [write, submit] = [vi.spyOn(gpu.device.queue, "writeBuffer"), vi.spyOn(gpu.device.queue, "submit")];
    const launch = vi.spyOn(GPUComputePassEncoder.prototype, "dispatchWorkgroups");
    const pass = vi.spyOn(GPUCommandEncoder.prototype, "beginComputePass");
    const [stats, counts] = [gpu.pool.stats, { ...gpu.stream.counts }];
    const dispatches = dispatchesOf(rule);
    const steps = rule === variants.adamw || count === 1 ? 100 : 3;
    for (let step = 0; step < steps; step++) optimizer.step();

    const rows = paramGroups.reduce((sum, { tensors }) => sum + Math.min(tensors.length, 2), 0);
    expect(optimizer.dispatchCount).toBe(dispatches);
    expect(created).toEqual({ createCommandEncoder: steps });
    expect(gpu.pool.stats).toEqual(stats);
    expect([pass, submit, write].map((spy) => spy.mock.calls.length)).toEqual([steps, steps, steps]);
    expect(launch.mock.calls.length).toBe(dispatches * steps);
    for (const [, , data] of write.mock.calls) expect(data.byteLength).toBe(rows * 128);
    expect(gpu.stream.counts).toEqual({
      dispatches: counts.dispatches + dispatches * steps,
      submits: counts.submits + steps,
      writes: counts.writes + steps,
      copies: counts.copies,
    });
    optimizer.destroy();
    destroy();
  });
});

describe("a step that clips, skips, scales and averages is three dispatches, one submit and one small write:", () => {
  const lossScale = { initial: 8 };
  const options = { gradients: { clipNorm: 1, lossScale, nonFinite: "skip" }, averageDecay: 0.99 } as const;
  const sizes = [
    [148, 3, options, 3],
    [1_000, 3, options, 3],
    [148, 3, { averageDecay: 0.99, gradients: { zero: true, clipValue: 1 } }, 1],
  ] as const;
  sharedGpuTest.for(sizes)("%i tensors in %i paramGroups, %j", async ([count, groups, given, dispatches], { gpu }) => {
    const { paramGroups, destroy } = model(gpu, count, groups, variants.adamw!);
    const optimizer = await createOptimizer(gpu, variants.adamw!, paramGroups, given);
    expect(optimizer.dispatchCount).toBe(dispatches);
    optimizer.step();
    await optimizer.settled();
    const { created } = countObjects(gpu.device);
    const [write, submit] = [vi.spyOn(gpu.device.queue, "writeBuffer"), vi.spyOn(gpu.device.queue, "submit")];
    const [stats, counts] = [gpu.pool.stats, { ...gpu.stream.counts }];
    const steps = 10;
    for (let step = 0; step < steps; step++) optimizer.step();

    const rows = paramGroups.reduce((sum, { tensors }) => sum + Math.min(tensors.length, 2), 0);
    expect(created).toEqual({ createCommandEncoder: steps });
    expect(gpu.pool.stats).toEqual(stats);
    expect([submit, write].map((spy) => spy.mock.calls.length)).toEqual([steps, steps]);
    for (const [, , data] of write.mock.calls) expect(data.byteLength).toBe(rows * 128);
    expect(gpu.stream.counts.dispatches - counts.dispatches).toBe(dispatches * steps);
    // What the GPU says of a step is copied for the host, where the one before it has been read: never waited for.
    expect(gpu.stream.counts.copies - counts.copies).toBeLessThanOrEqual(3);
    await optimizer.settled();
    optimizer.destroy();
    destroy();
  });
});

describe("tensors in buffers of their own take a dispatch each, and one more where a last tile of several ends ragged:", () => {
  gpuTest.for([
    [[[4], [8], [4, 4]], 3],
    [[[5], [8], [3]], 3],
    [[[1], [2], [3]], 3],
    [[[1025], [4]], 3],
    [[[0], [4], [0, 7]], 1],
  ] as const)("shapes %j take %i", async ([shapes, dispatches], { gpu }) => {
    const tensors = shapes.map((shape, i) => {
      const elements = (shape as readonly number[]).reduce((product, side) => product * side, 1);
      const zeros = () => bufferOf(gpu.device, new Float32Array(Math.max(elements, 1)));
      return { name: `w${i}`, shape, param: zeros(), grad: zeros() };
    });
    const optimizer = await createOptimizer(gpu, variants.adamw!, tensors);
    expect(optimizer.dispatchCount).toBe(dispatches);
    optimizer.step();
    expect(gpu.stream.counts).toMatchObject({ dispatches, submits: 1 });
    optimizer.destroy();
  });
});

describe("no hyperparameter is baked into a pipeline:", () => {
  /** Every number of the rule, a little different at every step; Adafactor's d must not fall below 1. */
  const varying = (rule: UpdateRule): HyperInput =>
    Object.fromEntries(
      Object.entries(rule.hyperAt(1)).map(([name, value]) => [
        name,
        typeof value === "number" && !rule.fixed.includes(name)
          ? (t: number) => (value || 1e-3) * (name === "d" ? 2 : 1) * (1 - t / 1_000)
          : value,
      ]),
    );

  sharedGpuTest.for(rules)(
    "%s with all of them changed at every step, by schedule and by set()",
    async ([, rule], { gpu }) => {
      const { paramGroups, destroy } = model(gpu, 6, 2, rule);
      const optimizer = await createOptimizer(gpu, rule.with(varying(rule)), paramGroups);
      optimizer.step();
      const { created } = countObjects(gpu.device);
      for (let t = 2; t <= 20; t++) {
        optimizer.step();
        const { amsgrad, ...hyper } = optimizer.paramGroups[1]!.hyperAt(t);
        const slower = Object.entries(hyper).map(([name, value]) => [
          name,
          typeof value === "number" && !rule.fixed.includes(name) ? value * 0.99 : value,
        ]);
        optimizer.paramGroups[1]!.set(Object.fromEntries([...slower, ["maximize", t % 2 === 0]]));
      }
      expect(created).toEqual({ createCommandEncoder: 19 });
      optimizer.destroy();
      destroy();
    },
  );

  sharedGpuTest.for(rules)(
    "a second optimizer of %s, whatever its hyperparameters, compiles nothing",
    async ([, rule], { gpu }) => {
      const { paramGroups, destroy } = model(gpu, 4, 1, rule);
      (await createOptimizer(gpu, rule, paramGroups)).destroy();
      const { created } = countObjects(gpu.device);
      const second = await createOptimizer(gpu, rule.with({ lr: 0.5, weightDecay: 0.25, maximize: true }), paramGroups);
      expect(Object.keys(created).sort()).toEqual(["createBindGroup", "createCommandEncoder"]);
      second.destroy();
      destroy();
    },
  );
});
