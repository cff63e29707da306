// What a step costs, in numbers that are the same on every machine.
import { afterEach, describe, expect, test, vi } from "vitest";
import type { ShaderPart } from "../../src/gpu/index.ts";
import { join } from "../../src/gpu/shader.ts";
import { createOptimizer, type HyperInput, type UpdateRule } from "../../src/optim/index.ts";
import { measureOf, measureParts, moduleParts } from "../../src/optim/parts.ts";
import { countObjects } from "../support/countObjects.ts";
import { bufferOf, gpuTest } from "../support/gpuTest.ts";
import { model } from "./model.ts";
import { variants } from "./variants.ts";

afterEach(() => void vi.restoreAllMocks());

const rules = Object.entries(variants);

/** What a step of a rule takes: its update; where it measures first, that and the sum of the tiles; and Muon's products. */
function dispatchesOf(rule: UpdateRule): number {
  if (rule.name === "adafactor") return 6;
  return (measureOf(rule.variant(rule.uses)) ? 3 : 1) + 3 * Number(rule.hyperAt(1).nsSteps ?? 0);
}

describe("a step of the whole model is one dispatch (with norms three, of adafactor six, of muon eighteen), one submit and one small write, and makes nothing:", () => {
  const sizes = [
    ...rules.map(([name, rule]) => [148, 3, name, rule] as const),
    [1_000, 3, "adamw", variants.adamw!],
    [1, 1, "sgd", variants.sgd!],
  ] as const;
  gpuTest.for(sizes)("%i tensors in %i paramGroups, %s", async ([count, groups, , rule], { gpu }) => {
    const { paramGroups, destroy } = model(gpu, count, groups, rule);
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
    const { paramGroups, destroy } = model(gpu, count, groups, variants.adamw!);
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

describe("tensors in buffers of their own take a dispatch each, and one more where they end between two fours:", () => {
  gpuTest.for([
    [[[4], [8], [4, 4]], 3],
    [[[5], [8], [3]], 4],
    [[[1], [2], [3]], 3],
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
    muon: 28,
    "muon with four steps": 28,
    lamb: 40,
    lars: 20,
    "lars with momentum": 28,
    stableAdamw: 36,
    scheduleFreeAdamw: 28,
    scheduleFreeSgd: 20,
  };

  /** The code without what `main` does not call, directly or not. */
  function live(code: string): string {
    const text = code.replace(/\/\/.*/g, "");
    const functions = new Map(
      [...text.matchAll(/^fn (\w+)\(.*?(?:\{\}$|^\})/gms)].map(([body, name]) => [name as string, body]),
    );
    const visit = (name: string): void => {
      const body = functions.get(name) ?? "";
      functions.delete(name);
      for (const [, called] of body.matchAll(/\b(\w+)\(/g)) visit(called as string);
    };
    visit("main");
    return [...functions.values()].reduce((rest, body) => rest.replace(body, ""), text);
  }

  /** Loads and stores of each buffer of elements in the shader, by its name. */
  function accesses(code: string): Record<string, { loads: number; stores: number }> {
    const text = live(code);
    const names = [...text.matchAll(/var<storage, read_write> (\w+): array<Wide>/g)].map(([, name]) => name as string);
    return Object.fromEntries(
      names.map((name) => {
        const uses = [...text.matchAll(new RegExp(`\\b${name}\\[[^\\]]*\\]( = )?`, "g"))];
        const stores = uses.filter(([, assigned]) => assigned).length;
        return [name, { loads: uses.length - stores, stores }];
      }),
    );
  }

  test("every rule has its number here", () => expect(Object.keys(bytes)).toEqual(Object.keys(variants)));

  const inLanes = rules.flatMap(([name, rule]) => ([4, 1] as const).map((lanes) => [name, lanes, rule] as const));

  test.for(inLanes.filter(([name]) => name !== "adafactor"))(
    "each shader of %s in lanes of %i loads a buffer once at most, and stores once what it changes",
    ([name, lanes, rule]) => {
      const variant = rule.variant(rule.uses);
      const kernels = [moduleParts(variant, lanes), ...(measureOf(variant) ? [measureParts(variant, lanes)] : [])];
      const found = kernels.map((parts) => accesses(join(parts)));
      const names = new Set(found.flatMap((buffers) => Object.keys(buffers)));
      const scratch = variant.scratch ? ["ahead", "orthogonal"] : []; // Muon's, as its two shaders have it
      expect([...names].sort()).toEqual(["param", "grad", ...variant.state, ...scratch].sort());
      let moved = 0;
      for (const [buffer, { loads, stores }] of found.flatMap((buffers) => Object.entries(buffers))) {
        expect(Math.max(loads, stores), buffer).toBeLessThanOrEqual(1);
        moved += 4 * (loads + (buffer === "grad" ? 0 : stores)); // that is stored where it is to be zeroed
      }
      expect(moved).toBe(bytes[name]);
    },
  );

  test.for([4, 1] as const)(
    "adafactor in lanes of %i loads the gradient three times, the weight twice, and stores the weight once",
    (lanes) => {
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
      expect(accesses(join(moduleParts(variant, lanes)))).toEqual({
        param: { loads: 1, stores: 1 },
        grad: { loads: 1, stores: 1 }, // stored where it is to be zeroed
      });
    },
  );

  gpuTest.for(rules)("%s says the same of itself", async ([name, rule], { gpu }) => {
    const { paramGroups, destroy } = model(gpu, 2, 1, rule);
    const optimizer = await createOptimizer(gpu, rule, paramGroups);
    expect(optimizer.bytesPerParameter).toBe(bytes[name]);
    expect(optimizer.stateNames).toEqual(rule.variant(rule.uses).state);
    optimizer.destroy();
    destroy();
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

  gpuTest.for(rules)(
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

  gpuTest.for(rules)(
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
