/** Evaluating: other weights in the place of the parameters, and training that does not know that it happened. */
import { describe, expect, vi } from "vitest";
import { DisposedError, UsageError } from "../../src/gpu/index.ts";
import {
  adamw,
  CheckpointMismatchError,
  type OptimizerState,
  scheduleFreeAdamw,
  scheduleFreeSgd,
  type UpdateRule,
} from "../../src/optim/index.ts";
import type { Memory } from "../parity/cases.ts";
import { countObjects } from "../support/countObjects.ts";
import { bufferOf, gpuTest, readWords, sharedGpuTest } from "../support/gpuTest.ts";
import { evaluated, numbersOf, pointsOf } from "./evaluationRun.ts";

const rules: [string, UpdateRule, number][] = [
  ["scheduleFreeAdamw", scheduleFreeAdamw({ lr: 0.01, weightDecay: 0.1, warmup: 3 }), 0.9],
  ["scheduleFreeAdamw, torch", scheduleFreeAdamw({ lr: 0.01, weightDecay: 0.1, profile: "torch" }), 0.9],
  ["scheduleFreeAdamw, little of x in y", scheduleFreeAdamw({ lr: 0.01, beta1: 0.4 }), 0.4],
  ["scheduleFreeSgd", scheduleFreeSgd({ lr: 0.1, weightDecay: 0.1 }), 0.9],
];
const memories: readonly Memory[] = ["slabs", "own buffers", "one buffer"];

describe("the weights to evaluate with are the reference's, and the way back gives every bit:", () => {
  const cases = rules.flatMap(([name, rule, beta]) => memories.map((memory) => [name, memory, rule, beta] as const));
  sharedGpuTest.for(cases)("%s, %s", async ([, memory, rule, beta], { gpu }) => {
    const { optimizer, run, params, read, destroy } = await evaluated(gpu, rule, { memory });
    run(0, 7);
    const [ys, zs] = [await params(), await read("z")];
    optimizer.eval();
    const found = await params();
    const expected = pointsOf(ys, zs, beta);
    if (gpu.adapter.isSoftware) expect(numbersOf(found)).toEqual(numbersOf(expected));
    for (const [i, x] of found.entries()) {
      for (const [k, each] of x.entries()) expect(Math.abs(each - expected[i]![k]!)).toBeLessThan(2 ** -20);
    }
    expect(found).not.toEqual(ys);
    optimizer.train();
    expect(await params()).toEqual(ys);
    destroy();
  });

  gpuTest("a moving average that was asked for goes before, in whole", async ({ gpu }) => {
    for (const rule of [adamw({ lr: 0.01 }), scheduleFreeAdamw({ lr: 0.01 })]) {
      const { optimizer, run, params, read, destroy } = await evaluated(gpu, rule, { averageDecay: 0.8 });
      run(0, 7);
      const before = await params();
      optimizer.eval();
      expect(numbersOf(await params())).toEqual(numbersOf(await read("average")));
      expect(await params()).not.toEqual(before);
      optimizer.train();
      expect(await params()).toEqual(before);
      destroy();
    }
  });

  gpuTest("each group by its own β, a frozen tensor too; one that had no update stays", async ({ gpu }) => {
    const { optimizer, run, params, read, names, destroy } = await evaluated(gpu, scheduleFreeSgd({ lr: 0.1 }));
    const late = { param: bufferOf(gpu.device, [1, -2, 3]), grad: bufferOf(gpu.device, [1, 1, 1]) };
    optimizer.freeze(names[2]!);
    run(0, 3);
    optimizer.unfreeze(names[2]!);
    optimizer.freeze(names[0]!);
    optimizer.paramGroups[0]!.set({ momentum: 0.7 });
    await optimizer.addParamGroup({ tensors: [{ name: "late", shape: [3], ...late }], hyper: { momentum: 0.5 } });
    const [ys, zs] = [await params(), await read("z")];
    optimizer.eval();
    const expected = pointsOf(ys, zs, 0.7).map((x, i) => (i === 2 ? ys[2]! : x));
    if (gpu.adapter.isSoftware) expect(numbersOf(await params())).toEqual(numbersOf(expected));
    expect([...new Float32Array((await readWords(gpu, { buffer: late.param, offset: 0, size: 12 })).buffer)]).toEqual([
      1, -2, 3,
    ]);
    optimizer.train();
    expect(await params()).toEqual(ys);
    destroy();
  });

  gpuTest("zeros of either sign, the smallest numbers and the largest", async ({ gpu }) => {
    const { optimizer, run, params, write, destroy } = await evaluated(gpu, scheduleFreeSgd({ lr: 0.1 }));
    run(0, 2);
    const odd = [-0, 0, 2 ** -149, -(2 ** -130), 3.4e38];
    write((await params()).map((values) => values.map((_, i) => odd[i % odd.length]!)));
    const before = await params();
    optimizer.eval();
    optimizer.train();
    const bits = (tensors: Float32Array[]) => tensors.map((values) => new Uint32Array(values.slice().buffer));
    expect(bits(await params())).toEqual(bits(before));
    destroy();
  });
});

describe("training does not know whether there was an evaluation:", () => {
  sharedGpuTest.for(rules)("%s", async ([, rule], { gpu }) => {
    const [plain, other] = [await evaluated(gpu, rule), await evaluated(gpu, rule)];
    plain.run(0, 9);
    for (const [from, to] of [
      [0, 0],
      [0, 1],
      [1, 5],
      [5, 9],
    ] as const) {
      other.run(from, to);
      other.optimizer.eval();
      other.optimizer.train();
    }
    expect(await other.params()).toEqual(await plain.params());
    expect(await other.optimizer.state()).toEqual(await plain.optimizer.state());
    for (const each of [plain, other]) each.destroy();
  });

  sharedGpuTest.for(rules)("%s, saved while it evaluates", async ([, rule], { gpu }) => {
    const [plain, saver, other] = [await evaluated(gpu, rule), await evaluated(gpu, rule), await evaluated(gpu, rule)];
    plain.run(0, 9);
    saver.run(0, 4);
    saver.optimizer.eval();
    const [saved, weights] = [await saver.optimizer.state(), await saver.params()];
    expect(saved.isEvaluating).toBe(true);
    other.run(0, 2); // What it did before must not show.
    other.optimizer.load(saved);
    other.write(weights);
    expect(other.optimizer.isEvaluating).toBe(true);
    expect(() => other.optimizer.step()).toThrow(UsageError);
    expect(await other.optimizer.state()).toEqual(saved);
    other.optimizer.train();
    other.run(4, 9);
    expect(await other.params()).toEqual(await plain.params());
    expect(await other.optimizer.state()).toEqual(await plain.optimizer.state());
    for (const each of [plain, saver, other]) each.destroy();
  });

  gpuTest("a state of training ends an evaluation, and leaves the parameters to the caller", async ({ gpu }) => {
    const { optimizer, run, params, destroy } = await evaluated(gpu, scheduleFreeAdamw({ lr: 0.01 }));
    run(0, 2);
    const saved = await optimizer.state();
    optimizer.eval();
    const before = await params();
    optimizer.load(saved);
    expect(optimizer.isEvaluating).toBe(false);
    expect(await params()).toEqual(before);
    destroy();
  });
});

describe("while the parameters are those to evaluate with", () => {
  gpuTest("there is no step: it is refused before anything is written or counted", async ({ gpu }) => {
    const { optimizer, run, params, destroy } = await evaluated(gpu, scheduleFreeAdamw({ lr: 0.01 }));
    run(0, 2);
    optimizer.eval();
    expect(optimizer.isEvaluating).toBe(true);
    const [before, counts] = [await params(), { ...gpu.stream.counts }];
    const pass = gpu.device.createCommandEncoder().beginComputePass();
    for (const attempt of [() => optimizer.step(), () => optimizer.encode(), () => optimizer.encodeTo(pass)]) {
      expect(attempt).toThrow(UsageError);
      expect(attempt).toThrow("Call train() first.");
    }
    pass.end();
    await expect(optimizer.addParamGroup({ tensors: [] })).rejects.toThrow("Call train() first.");
    expect(gpu.stream.counts).toEqual(counts);
    expect(optimizer.stepCount).toBe(2);
    expect(await params()).toEqual(before);
    optimizer.train();
    expect(optimizer.isEvaluating).toBe(false);
    run(2, 3);
    destroy();
  });

  gpuTest("to evaluate again, or to train again, changes nothing", async ({ gpu }) => {
    const { optimizer, run, params, destroy } = await evaluated(gpu, scheduleFreeSgd({ lr: 0.1 }));
    optimizer.train();
    run(0, 3);
    const ys = await params();
    optimizer.eval();
    const xs = await params();
    optimizer.eval();
    expect(await params()).toEqual(xs);
    optimizer.train();
    optimizer.train();
    expect(await params()).toEqual(ys);
    destroy();
    expect(() => optimizer.eval()).toThrow(DisposedError);
    expect(() => optimizer.train()).toThrow(DisposedError);
  });

  gpuTest("an optimizer may be destroyed, and keeps no memory", async ({ gpu }) => {
    const { optimizer, run, destroy } = await evaluated(gpu, scheduleFreeSgd({ lr: 0.1 }));
    run(0, 3);
    optimizer.eval();
    destroy();
  });

  gpuTest("those of a rule without an average are the parameters", async ({ gpu }) => {
    const { optimizer, run, params, destroy } = await evaluated(gpu, adamw({ lr: 0.01 }));
    run(0, 3);
    const [before, { dispatches }] = [await params(), { ...gpu.stream.counts }];
    optimizer.eval();
    expect(await params()).toEqual(before);
    expect(() => optimizer.step()).toThrow("Call train() first.");
    optimizer.train();
    expect(gpu.stream.counts.dispatches).toBe(dispatches);
    run(3, 4);
    destroy();
  });
});

describe("an evaluation takes", () => {
  gpuTest(
    "a dispatch there and one back for all tensors in slabs, no pipeline, and memory only meanwhile",
    async ({ gpu }) => {
      const { optimizer, run, destroy } = await evaluated(gpu, scheduleFreeAdamw({ lr: 0.01 }));
      run(0, 2);
      const [{ liveBytes }, before] = [gpu.pool.stats, { ...gpu.stream.counts }];
      const launch = vi.spyOn(GPUComputePassEncoder.prototype, "dispatchWorkgroups");
      const { created } = countObjects(gpu.device);
      optimizer.eval();
      expect(gpu.pool.stats.liveBytes).toBeGreaterThan(liveBytes);
      optimizer.train();
      expect(launch.mock.calls.length).toBe(2);
      vi.restoreAllMocks();
      expect(gpu.pool.stats.liveBytes).toBe(liveBytes);
      expect(gpu.stream.counts).toMatchObject({ dispatches: before.dispatches + 2, submits: before.submits + 2 });
      expect(Object.keys(created)).not.toContain("createComputePipelineAsync");
      destroy();
    },
  );
});

const without = (state: string) => {
  return (saved: OptimizerState): OptimizerState => {
    const tensors = [...saved.tensors].map(([name, tensor]) => {
      return [name, { ...tensor, states: new Map([...tensor.states].filter(([each]) => each !== state)) }] as const;
    });
    return { ...saved, tensors: new Map(tensors) };
  };
};

describe("a state that was saved while it evaluates is refused, and nothing of it taken,", () => {
  const damages: [string, RegExp, (state: OptimizerState) => OptimizerState][] = [
    [
      "without the weights to go on from",
      /"w0": its states are others \(got v, z, allowed trained, v, z\)/,
      without("trained"),
    ],
    ["without saying that it evaluates", /got trained, v, z, allowed v, z/, ({ isEvaluating: _, ...state }) => state],
  ];
  sharedGpuTest.for(damages)("%s", async ([, message, damage], { gpu }) => {
    const { optimizer, run, params, destroy } = await evaluated(gpu, scheduleFreeAdamw({ lr: 0.01 }));
    run(0, 2);
    optimizer.eval();
    const saved = damage(await optimizer.state());
    optimizer.train();
    const before = [await params(), await optimizer.state()];
    expect(() => optimizer.load(saved)).toThrow(CheckpointMismatchError);
    expect(() => optimizer.load(saved)).toThrow(message);
    expect([await params(), await optimizer.state()]).toEqual(before);
    destroy();
  });

  gpuTest("nor one without what its rule remembers", async ({ gpu }) => {
    const { optimizer, run, destroy } = await evaluated(gpu, scheduleFreeAdamw({ lr: 0.01 }));
    run(0, 2);
    const saved = await optimizer.state();
    const tensors = new Map([...saved.tensors].map(([name, { memory: _, ...tensor }]) => [name, tensor]));
    expect(() => optimizer.load({ ...saved, tensors })).toThrow(
      "what scheduleFreeAdamw remembers (got lrMax undefined",
    );
    destroy();
  });
});

describe("mutants of the way to x are caught:", () => {
  const [, right, beta] = rules[0]!;
  const shares: [string, () => number][] = [
    ["β for 1 / β", () => 1 - beta],
    ["to z", () => 1],
    ["from z, the other way round", () => 1 / beta],
    ["not at all", () => 0],
  ];
  sharedGpuTest.for(shares)("%s", async ([, share], { gpu }) => {
    const changed = (rule: UpdateRule): UpdateRule => {
      return { ...rule, evaluation: { state: "z", share }, with: (options) => changed(rule.with(options)) };
    };
    const { optimizer, run, params, read, destroy } = await evaluated(gpu, changed(right));
    run(0, 7);
    const expected = pointsOf(await params(), await read("z"), beta);
    optimizer.eval();
    const errors = (await params()).flatMap((x, i) => Array.from(x, (each, k) => Math.abs(each - expected[i]![k]!)));
    expect(Math.max(...errors)).toBeGreaterThan(2 ** -12);
    destroy();
  });
});
