/// <reference types="vite/types/importMeta.d.ts" />
import { describe, expect, test, vi } from "vitest";
import { DisposedError, UsageError } from "../../src/gpu/index.ts";
import {
  adam,
  adamw,
  createOptimizer,
  exemptByDefault,
  type OptimizerTensor,
  type Role,
  sgd,
  sgdw,
} from "../../src/optim/index.ts";
import { measureOf } from "../../src/optim/parts.ts";
import { shapeFor } from "../parity/shapes.ts";
import { all, bufferOf, gpuTest, readWords, sharedGpuTest } from "../support/gpuTest.ts";
import { variants } from "./variants.ts";

const tensor = (device: GPUDevice, name: string, shape: readonly number[], role?: Role): OptimizerTensor => {
  const values = Float32Array.from({ length: shape.reduce((product, side) => product * side, 1) }, (_, i) => i + 1);
  return { name, shape, param: bufferOf(device, values), grad: bufferOf(device, values), ...(role && { role }) };
};
const valuesOf = async (gpu: Parameters<typeof readWords>[0], { param }: OptimizerTensor): Promise<number[]> => [
  ...new Float32Array((await readWords(gpu, all(param as GPUBuffer))).buffer as ArrayBuffer),
];

describe("what decays", () => {
  test.for([
    ["layers.0.weight", [4, 3], undefined, false],
    ["conv.weight", [8, 3, 3, 3], undefined, false],
    ["layers.0.bias", [4], undefined, true],
    ["norm.weight", [4], undefined, true],
    ["scale", [], undefined, true],
    ["attention.bias", [4, 4], undefined, true],
    ["biased", [4, 4], undefined, false],
    ["tokens", [100, 8], "embedding", true],
    ["norm", [4, 4], "norm", true],
    ["w", [4, 4], "bias", true],
    ["frequencies", [16], "weight", false],
    ["head.bias", [4], "weight", false],
  ] as const)("%s %j of role %s: exempt is %s", ([name, shape, role, exempt]) => {
    expect(exemptByDefault({ name, shape, ...(role && { role }) })).toBe(exempt);
  });

  gpuTest("an exempt tensor keeps its value where its gradient is zero, and the others shrink", async ({ gpu }) => {
    const zero = (each: OptimizerTensor) => ({ ...each, grad: bufferOf(gpu.device, new Float32Array(4)) });
    const [weight, bias] = [zero(tensor(gpu.device, "w", [2, 2])), zero(tensor(gpu.device, "b", [4]))];
    const [spared, taken] = [zero(tensor(gpu.device, "v", [2, 2])), zero(tensor(gpu.device, "c", [4]))];
    const optimizer = await createOptimizer(gpu, sgdw({ lr: 0.5, weightDecay: 0.5 }), [
      { tensors: [weight, bias] },
      { tensors: [spared, taken], exempt: ({ name, shape }) => name === "v" && shape.length === 2 },
    ]);
    optimizer.step();
    expect(await valuesOf(gpu, weight)).toEqual([0.75, 1.5, 2.25, 3]);
    expect(await valuesOf(gpu, bias)).toEqual([1, 2, 3, 4]);
    expect(await valuesOf(gpu, spared)).toEqual([1, 2, 3, 4]);
    expect(await valuesOf(gpu, taken)).toEqual([0.75, 1.5, 2.25, 3]);
    optimizer.destroy();
  });
});

describe("describe() prints the split, and what the decay does:", () => {
  const split = "\n  decays: w [2, 3], frequencies [4]\n  exempt: b [3], tokens [5, 2]";
  const decoupled = "decoupled, shrink per step 1e-4, half-life 6,931 steps, timescale 10,000 steps";
  sharedGpuTest.for([
    [adamw({ lr: 1e-3, weightDecay: 0.1 }), `paramGroup 0: adamw, accurate profile\n  decay: ${decoupled}${split}`],
    [
      sgdw({ lr: 1e-3, weightDecay: 0.1, profile: "torch" }),
      `paramGroup 0: sgdw, torch profile\n  decay: ${decoupled}${split}`,
    ],
    [
      adam({ lr: 1e-3, weightDecay: 0.1 }),
      `paramGroup 0: adam, accurate profile\n  decay: as L2 regularization through the gradient, nominally ${decoupled.slice(11)}${split}`,
    ],
    [sgd({ lr: 1e-3 }), `paramGroup 0: sgd, accurate profile\n  decay: none${split}`],
    [
      adamw({ lr: 1e-4, weightDecay: 1e-4, profile: "torch" }),
      "paramGroup 0: adamw, torch profile\n  decay: decoupled, shrink per step 1e-8, half-life 69,310,000 steps, timescale 100,000,000 steps" +
        `${split}\n  warning: in the torch profile a shrink below 6e-8 rounds to none. Use the accurate profile.`,
    ],
  ] as const)("%o", async ([rule, text], { gpu }) => {
    const optimizer = await createOptimizer(gpu, rule, [
      tensor(gpu.device, "w", [2, 3]),
      tensor(gpu.device, "b", [3]),
      tensor(gpu.device, "tokens", [5, 2], "embedding"),
      tensor(gpu.device, "frequencies", [4], "weight"),
    ]);
    expect(optimizer.describe()).toBe(text);
    optimizer.destroy();
  });

  gpuTest("group by group, at the next step of a schedule", async ({ gpu }) => {
    const rule = adamw({ lr: (t) => 0.1 / t, weightDecay: 0.1 });
    const optimizer = await createOptimizer(gpu, rule, [
      { tensors: [tensor(gpu.device, "w", [2, 2])] },
      { tensors: [tensor(gpu.device, "v", [2, 2])], hyper: { weightDecay: 0 } },
    ]);
    const shrinks = () => [...optimizer.describe().matchAll(/paramGroup (\d).*\n.*(none|shrink per step [^,]*)/g)];
    const read = () => shrinks().map(([, group, decay]) => `${group}: ${decay}`);
    expect(read()).toEqual(["0: shrink per step 1e-2", "1: none"]);
    optimizer.step();
    expect(read()).toEqual(["0: shrink per step 5e-3", "1: none"]);
    optimizer.destroy();
  });
});

describe("hyperparameters", () => {
  gpuTest("of a paramGroup are its own, and what it leaves out is the optimizer's", async ({ gpu }) => {
    const [a, b, c] = ["a", "b", "c"].map((name) => tensor(gpu.device, name, [4])) as [
      OptimizerTensor,
      OptimizerTensor,
      OptimizerTensor,
    ];
    const optimizer = await createOptimizer(gpu, sgd({ lr: 0.5 }), [
      { tensors: [a] },
      { tensors: [b], hyper: { lr: 0.25 } },
      { tensors: [c], hyper: { maximize: true } },
    ]);
    expect(optimizer.paramGroups.map((group) => group.hyperAt(1).lr)).toEqual([0.5, 0.25, 0.5]);
    optimizer.step();
    expect(await valuesOf(gpu, a)).toEqual([0.5, 1, 1.5, 2]);
    expect(await valuesOf(gpu, b)).toEqual([0.75, 1.5, 2.25, 3]);
    expect(await valuesOf(gpu, c)).toEqual([1.5, 3, 4.5, 6]);
    optimizer.destroy();
  });

  gpuTest("that are set hold from the next step on", async ({ gpu }) => {
    const w = tensor(gpu.device, "w", [4]);
    const optimizer = await createOptimizer(gpu, sgd({ lr: 0.5 }), [w]);
    optimizer.encode();
    optimizer.paramGroups[0]?.set({ lr: 0.25 });
    gpu.stream.submit();
    expect(await valuesOf(gpu, w)).toEqual([0.5, 1, 1.5, 2]);
    optimizer.step();
    expect(await valuesOf(gpu, w)).toEqual([0.25, 0.5, 0.75, 1]);
    optimizer.paramGroups[0]?.set({ lr: (t) => (t === 3 ? 0.125 : 0) });
    optimizer.step();
    expect(await valuesOf(gpu, w)).toEqual([0.125, 0.25, 0.375, 0.5]);
    optimizer.destroy();
  });

  const texts = import.meta.glob<string>("../../shaders/optim/*.wgsl", {
    query: "?raw",
    import: "default",
    eager: true,
  });

  test.for(Object.entries(variants))("of %s reach the shader in the order of its struct Hyper", ([, rule]) => {
    const struct = /struct Hyper \{([^}]*)\}/.exec(texts[`../../shaders/optim/${rule.name}.wgsl`] ?? "")?.[1] ?? "";
    const fields = [...struct.matchAll(/^\s*(\w+): f32,/gm)].map(([, name]) => name);
    expect(fields.length).toBeGreaterThan(0);
    expect(Object.keys(rule.scalars(rule.hyperAt(1), 1))).toEqual(fields);
  });

  test("every shader of a rule is held to that", () => {
    const rules = new Set(Object.values(variants).map(({ name }) => `../../shaders/optim/${name}.wgsl`));
    expect([...rules].sort()).toEqual(Object.keys(texts).sort());
  });
});

describe("one update a submit:", () => {
  gpuTest("a second one is a UsageError and counts for nothing, until the stream was submitted", async ({ gpu }) => {
    const [w, v] = [tensor(gpu.device, "w", [4]), tensor(gpu.device, "v", [4])];
    const optimizer = await createOptimizer(gpu, sgd({ lr: 0.5 }), [w]);
    const another = await createOptimizer(gpu, sgd({ lr: 0.5 }), [v]);
    optimizer.encode();
    const counts = { ...gpu.stream.counts };
    expect(() => optimizer.encode()).toThrow(UsageError);
    expect(() => optimizer.step()).toThrow(
      "optimizer: an update is encoded and not submitted (got 1, allowed 0). Submit the stream first.",
    );
    expect([optimizer.stepCount, gpu.stream.counts]).toEqual([1, counts]);
    another.encode();
    gpu.stream.submit();
    optimizer.step();
    expect([optimizer.stepCount, another.stepCount]).toEqual([2, 1]);
    expect(await valuesOf(gpu, w)).toEqual([0, 0, 0, 0]);
    expect(await valuesOf(gpu, v)).toEqual([0.5, 1, 1.5, 2]);
    for (const each of [optimizer, another]) each.destroy();
  });
});

describe("an optimizer that is destroyed", () => {
  // Muon: two buffers of scratch and two of squares; three tables in one, and four phases, of 1,024 bytes each.
  const bytesOfPasses: Record<string, number> = { muon: 4 * 256 + 2 * 1024 };

  gpuTest.for(Object.entries(variants))(
    "gives the pool its bytes back, and keeps its hands off the rest: %s",
    async ([, rule], { gpu }) => {
      const w = { ...tensor(gpu.device, "w", [9]), shape: shapeFor(rule.name, 9) };
      const optimizer = await createOptimizer(gpu, rule, [w]);
      optimizer.step();
      const { liveBytes } = gpu.pool.stats;
      const variant = rule.variant(rule.uses);
      const states = variant.stateShape ? 1 : optimizer.stateNames.length;
      // A table of tiles and a row of scalars have 256 bytes each; sums have as many for a table of theirs, and for what the
      // spans, the tiles and the tensors are.
      const buffers = states + 2 + (measureOf(variant) ? 4 : 0);
      expect(liveBytes).toBe(buffers * 256 + (bytesOfPasses[rule.name] ?? 0));
      const destroy = vi.spyOn(GPUBuffer.prototype, "destroy");
      optimizer.destroy();
      optimizer.destroy();
      expect(gpu.pool.stats).toMatchObject({ liveBytes: 0, liveBuffers: 0, idleBytes: liveBytes });
      gpu.pool.trim();
      expect(destroy.mock.contexts).not.toContain(w.param);
      expect(destroy.mock.contexts).not.toContain(w.grad);
      destroy.mockRestore();
      expect(() => optimizer.step()).toThrow(DisposedError);
      expect(() => optimizer.encode()).toThrow("optimizer: it was destroyed. Create a new one.");
      expect(await valuesOf(gpu, w)).toHaveLength(9);
    },
  );

  gpuTest("leaves no trace in the next one, whose state comes out of the same buffers", async ({ gpu }) => {
    const found: number[][] = [];
    for (let run = 0; run < 2; run++) {
      const w = tensor(gpu.device, "w", [9]);
      const optimizer = await createOptimizer(gpu, adamw({ amsgrad: true }), [w]);
      for (let t = 1; t <= 5; t++) optimizer.step();
      found.push(await valuesOf(gpu, w));
      optimizer.destroy();
    }
    expect(found[1]).toEqual(found[0]);
    expect(gpu.pool.stats.recycled).toBe(5); // three states, tiles, rows
  });
});
