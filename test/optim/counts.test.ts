// What a step costs, in numbers that are the same on every machine.
import { afterEach, describe, expect, test, vi } from "vitest";
import { type Gpu, layoutSlab, type ShaderPart, Slab } from "../../src/gpu/index.ts";
import { join } from "../../src/gpu/shader.ts";
import {
  createOptimizer,
  type HyperInput,
  type OptimizerTensor,
  type ParamGroupInput,
  type UpdateRule,
} from "../../src/optim/index.ts";
import { measureOf, measureParts, moduleParts } from "../../src/optim/parts.ts";
import { countObjects } from "../support/countObjects.ts";
import { bufferOf, gpuTest } from "../support/gpuTest.ts";
import { accesses, bytesMoved } from "./accesses.ts";
import { variants } from "./variants.ts";

afterEach(() => void vi.restoreAllMocks());

/** Tensors in two slabs, of all sizes, weights and biases by turns, as `groups` paramGroups. */
function model(gpu: Gpu, count: number, groups: number): { paramGroups: ParamGroupInput[]; destroy: () => void } {
  const shapes = Array.from({ length: count }, (_, i) => (i % 2 ? [1 + ((i * 7) % 90)] : [1 + (i % 13), 3 + (i % 29)]));
  const names = shapes.map((shape, i) => `layers.${i >> 1}.${shape.length === 1 ? "bias" : "weight"}`);
  const elements = shapes.map((shape) => shape.reduce((product, side) => product * side, 1));
  const layout = layoutSlab(
    names.map((name, i) => ({ name, elements: elements[i]! })),
    gpu.limits.maxBufferSize,
  );
  const [params, grads] = [new Slab(gpu.pool, layout, "param"), new Slab(gpu.pool, layout, "grad")];
  const tensors = names.map((name, i): OptimizerTensor => {
    return { name, shape: shapes[i]!, param: params.slice(name), grad: grads.slice(name) };
  });
  const size = Math.ceil(count / groups / 2) * 2;
  const paramGroups = Array.from({ length: groups }, (_, i) => ({ tensors: tensors.slice(i * size, (i + 1) * size) }));
  return { paramGroups, destroy: () => [params, grads].map((slab) => slab.destroy()) };
}

const rules = Object.entries(variants);

/** What a step of a rule takes: its update and, where it measures first, that and the sum of the tiles. */
function dispatchesOf(rule: UpdateRule): number {
  if (rule.name === "adafactor") return 6;
  return measureOf(rule.variant(rule.uses)) ? 3 : 1;
}

describe("a step of the whole model is one dispatch (with norms three, of adafactor six), one submit and one small write, and makes nothing:", () => {
  const sizes = [
    ...rules.map(([name, rule]) => [148, 3, name, rule] as const),
    [1_000, 3, "adamw", variants.adamw!],
    [1, 1, "sgd", variants.sgd!],
  ] as const;
  gpuTest.for(sizes)("%i tensors in %i paramGroups, %s", async ([count, groups, , rule], { gpu }) => {
    const { paramGroups, destroy } = model(gpu, count, groups);
    const optimizer = await createOptimizer(gpu, rule, paramGroups);
    optimizer.step();
    const { created } = countObjects(gpu.device);
    const [write, submit] = [vi.spyOn(gpu.device.queue, "writeBuffer"), vi.spyOn(gpu.device.queue, "submit")];
    const launch = vi.spyOn(GPUComputePassEncoder.prototype, "dispatchWorkgroups");
    const pass = vi.spyOn(GPUCommandEncoder.prototype, "beginComputePass");
    const [stats, counts] = [gpu.pool.stats, { ...gpu.stream.counts }];
    const dispatches = dispatchesOf(rule);
    const steps = dispatches <= 3 ? 100 : 10;
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
  gpuTest.for(sizes)("%i tensors in %i paramGroups, %j", async ([count, groups, given, dispatches], { gpu }) => {
    const { paramGroups, destroy } = model(gpu, count, groups);
    const optimizer = await createOptimizer(gpu, variants.adamw!, paramGroups, given);
    expect(optimizer.dispatchCount).toBe(dispatches);
    optimizer.step();
    await optimizer.settled();
    const { created } = countObjects(gpu.device);
    const [write, submit] = [vi.spyOn(gpu.device.queue, "writeBuffer"), vi.spyOn(gpu.device.queue, "submit")];
    const [stats, counts] = [gpu.pool.stats, { ...gpu.stream.counts }];
    const steps = 20;
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

describe("bytes moved a parameter and step:", () => {
  const bytes: Record<string, number> = {
    sgd: 12,
    "sgd with momentum": 20,
    sgdw: 12,
    "sgdw with momentum": 20,
    adam: 28,
    "adam with amsgrad": 36,
    adamw: 28,
    "adamw with amsgrad": 36,
    rmsprop: 20,
    "rmsprop with momentum": 28,
    "rmsprop, centered": 28,
    "rmsprop, centered, with momentum": 36,
    adagrad: 20,
    adadelta: 28,
    adamax: 28,
    nadam: 28,
    "nadam, decoupled": 28,
    radam: 28,
    "radam, decoupled": 28,
    adafactor: (3 * 24 + 8 * 32) / 11, // of a matrix of 3 elements and a vector of 8
    lion: 20,
    adan: 44,
    lamb: 40,
    lars: 20,
    "lars with momentum": 28,
    stableAdamw: 36,
    scheduleFreeAdamw: 28,
    scheduleFreeSgd: 20,
    "adamw in bfloat16": 20,
    "adamw in float8": 16.0625,
    "adamw with amsgrad, in float8": 24.0625,
    "lion in bfloat16": 16,
    "lion in float8": 14.03125,
  };

  test("every rule has its number here", () => expect(Object.keys(bytes)).toEqual(Object.keys(variants)));

  const ragged = rules.flatMap(([name, rule]) => [false, true].map((isRagged) => [name, isRagged, rule] as const));

  test.for(ragged.filter(([name]) => name !== "adafactor"))(
    "each shader of %s, ragged %s, loads a buffer once at most, and stores once what it changes",
    ([name, isRagged, rule]) => {
      const variant = rule.variant(rule.uses);
      const access = { dtype: "float32", isRagged } as const;
      const kernels = [moduleParts(variant, access), ...(measureOf(variant) ? [measureParts(variant, access)] : [])];
      const found = kernels.map((parts) => accesses(join(parts)));
      const names = new Set(found.flatMap((buffers) => Object.keys(buffers)));
      expect([...names].filter((each) => !each.endsWith("Scale")).sort()).toEqual(
        ["param", "grad", ...variant.state].sort(),
      );
      for (const [buffer, { loads, stores }] of found.flatMap((buffers) => Object.entries(buffers))) {
        expect(Math.max(loads, stores), buffer).toBeLessThanOrEqual(1);
      }
      // The gradient is stored where it is to be zeroed.
      const moved = kernels.map((parts) => bytesMoved(join(parts), { grad: "stores" }));
      expect(moved.reduce((sum, each) => sum + each, 0)).toBe(bytes[name]);
    },
  );

  test.for([false, true])(
    "adafactor, ragged %s, loads the gradient three times, the weight twice, and stores the weight once",
    (isRagged) => {
      const { adafactor: rule } = variants;
      const variant = rule!.variant(rule!.uses);
      const custom = variant.passes!.flatMap((pass) => (pass.kind === "custom" ? Object.values(pass.kernels) : []));
      const calls = (parts: readonly ShaderPart[]): string[] =>
        [...join(parts).matchAll(/(?<!fn )\b(gradient|loadParam|storeParam)\(/g)].map(([, name]) => name!);
      expect([...custom, measureOf(variant)!.parts, variant.parts].map((parts) => calls(parts).sort())).toEqual([
        ["gradient"],
        [],
        [],
        ["gradient", "loadParam"],
        ["gradient", "loadParam", "storeParam"],
      ]);
      const { param, grad } = accesses(join(moduleParts(variant, { dtype: "float32", isRagged })));
      expect([param, grad]).toEqual([
        { loads: 1, stores: 1, bytes: 4 },
        { loads: 1, stores: 1, bytes: 4 }, // stored where it is to be zeroed
      ]);
    },
  );

  gpuTest.for(rules)("%s says the same of itself", async ([name, rule], { gpu }) => {
    const { paramGroups, destroy } = model(gpu, 2, 1);
    const optimizer = await createOptimizer(gpu, rule, paramGroups);
    expect(optimizer.bytesPerParameter).toBe(bytes[name]);
    expect(optimizer.stateNames.filter((state) => !state.endsWith("Scale"))).toEqual(rule.variant(rule.uses).state);
    optimizer.destroy();
    destroy();
  });
});

describe("no hyperparameter is baked into a pipeline:", () => {
  /** Every number of the rule, a little different at every step; Adafactor's d must not fall below 1. */
  const varying = (hyper: Readonly<Record<string, number | boolean>>): HyperInput =>
    Object.fromEntries(
      Object.entries(hyper).map(([name, value]) => [
        name,
        typeof value === "number" ? (t: number) => (value || 1e-3) * (name === "d" ? 2 : 1) * (1 - t / 1_000) : value,
      ]),
    );

  gpuTest.for(rules)(
    "%s with all of them changed at every step, by schedule and by set()",
    async ([, rule], { gpu }) => {
      const { paramGroups, destroy } = model(gpu, 6, 2);
      const optimizer = await createOptimizer(gpu, rule.with(varying(rule.hyperAt(1))), paramGroups);
      optimizer.step();
      const { created } = countObjects(gpu.device);
      for (let t = 2; t <= 20; t++) {
        optimizer.step();
        const { amsgrad, ...hyper } = optimizer.paramGroups[1]!.hyperAt(t);
        const slower = Object.entries(hyper).map(([name, value]) => [
          name,
          typeof value === "number" ? value * 0.99 : value,
        ]);
        optimizer.paramGroups[1]!.set(Object.fromEntries([...slower, ["maximize", t % 2 === 0]]));
      }
      expect(created).toEqual({ createCommandEncoder: 19 });
      optimizer.destroy();
      destroy();
    },
  );

  gpuTest.for(rules)(
    "a second optimizer of %s, whatever its hyperparameters, compiles nothing",
    async ([, rule], { gpu }) => {
      const { paramGroups, destroy } = model(gpu, 4, 1);
      (await createOptimizer(gpu, rule, paramGroups)).destroy();
      const { created } = countObjects(gpu.device);
      const second = await createOptimizer(gpu, rule.with({ lr: 0.5, weightDecay: 0.25, maximize: true }), paramGroups);
      expect(Object.keys(created).sort()).toEqual(["createBindGroup", "createCommandEncoder"]);
      second.destroy();
      destroy();
    },
  );
});
