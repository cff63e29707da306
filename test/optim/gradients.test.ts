/** Gradients that are looked at first: clipped, unscaled, skipped, zeroed, on the GPU alone, to the bit of the twin. */
import { describe, expect } from "vitest";
import { readFloats, UsageError } from "../../src/gpu/index.ts";
import { adamw, createOptimizer, type GradientOptions, NonFiniteGradientError, sgd } from "../../src/optim/index.ts";
import type { Memory } from "../parity/cases.ts";
import { type Row, table } from "../parity/table.ts";
import { gpuTest, sharedGpuTest } from "../support/gpuTest.ts";
import { type GuardedOptions, guardedRun } from "./guardedRun.ts";
import { testTensor } from "./solo.ts";

const rowOf = (rule: string, desc: string): Row =>
  table.find((row) => row.rule === rule && row.desc === desc) ?? { rule: "adamw", desc, hyper: {} };
const rows = {
  adamw: rowOf("adamw", "cosine lr"),
  sgd: rowOf("sgd", "nesterov, weight decay"),
  lion: rowOf("lion", "cosine lr, decay"),
};
const shapes = [[5000], [3], [1], [1025], [2048], [77], [13, 7], [0]];

type Grads = Float32Array<ArrayBuffer>[];
/** Gradients that are not finite, at some steps; one of each kind, in the middle, at an end and in padding's neighbour. */
const bad: Record<number, (grads: Grads) => void> = {
  4: (grads) => void grads[0]?.set([Number.NaN], 1234),
  5: (grads) => void grads[3]?.set([Infinity], 1024),
  9: (grads) => void grads[5]?.set([-Infinity], 76),
  17: (grads) => void grads[2]?.set([Number.NaN], 0),
};

describe("parameters, states and reports are the twin's, to the bit:", () => {
  const dynamic = { initial: 1024, interval: 4 };
  const options: [string, keyof typeof rows, Memory, Partial<GuardedOptions> & { gradients: GradientOptions }][] = [
    ["skipped steps", "adamw", "slabs", { gradients: { nonFinite: "skip" } }],
    ["a norm above the limit", "adamw", "slabs", { gradients: { clipNorm: 0.5, nonFinite: "skip" } }],
    ["a norm below the limit", "sgd", "slabs", { gradients: { clipNorm: 500, nonFinite: "skip" } }],
    ["a dynamic loss scale", "sgd", "slabs", { gradients: { lossScale: dynamic } }],
    ["a scale that is no power of two", "lion", "slabs", { gradients: { lossScale: 1000, nonFinite: "skip" } }],
    ["elements clipped", "adamw", "slabs", { gradients: { clipValue: 0.25, nonFinite: "skip" } }],
    ["micro-batches", "adamw", "slabs", { gradients: { microBatches: 3, clipNorm: 0.5, nonFinite: "skip" } }],
    [
      "all at once",
      "adamw",
      "slabs",
      { gradients: { clipNorm: 1, lossScale: dynamic, zero: true }, averageDecay: 0.9 },
    ],
    ["ragged buffers", "adamw", "own buffers", { gradients: { clipNorm: 1, lossScale: dynamic } }],
    ["one arena", "sgd", "one buffer", { gradients: { clipNorm: 1, nonFinite: "skip", zero: true } }],
  ];
  sharedGpuTest.for(options)("%s, %s in %s", async ([, rule, memory, given], { gpu }) => {
    const own = memory === "slabs" ? shapes : shapes.filter(([side]) => side);
    const run = await guardedRun(gpu, { row: rows[rule], shapes: own, memory, ...given });
    for (let t = 1; t <= 24; t++) {
      run.step(t, bad[t]);
      if (t % 7 === 0) await new Promise((resolve) => setTimeout(resolve)); // Some answers come meanwhile, some do not.
    }
    await run.optimizer.settled();
    const [found, expected] = await run.compare();
    expect(found).toEqual(expected);
    expect(run.reports.map(unwrapped)).toEqual(run.expected.map(unwrapped));
    expect([run.optimizer.stepCount, run.optimizer.skippedSteps]).toEqual([20, 4]);
    if (given.gradients.zero) for (const grad of await run.gradients()) expect(grad.every((g) => g === 0)).toBe(true);
    run.destroy();
  });

  /** What a norm is of numbers that are not finite, nobody promises. */
  const unwrapped = <T extends { norm: number; isSkipped: boolean }>(report: T): T =>
    report.isSkipped ? { ...report, norm: Number.NaN } : report;

  gpuTest("a norm that float32 has no room for skips the step too", async ({ gpu }) => {
    const run = await guardedRun(gpu, { row: rows.adamw, shapes: [[1500]], gradients: { nonFinite: "skip" } });
    run.step(1);
    run.step(2, ([grad]) => void grad?.set([2e19], 7));
    run.step(3);
    await run.optimizer.settled();
    const [found, expected] = await run.compare();
    expect(found).toEqual(expected);
    expect(run.reports.map(({ isSkipped }) => isSkipped)).toEqual([false, true, false]);
    run.destroy();
  });
});

describe("a skipped step", () => {
  gpuTest(
    "leaves what a run has that never met it, whatever follows and whenever the host hears of it",
    async ({ gpu }) => {
      const open = () => guardedRun(gpu, { row: rows.adamw, shapes, gradients: { nonFinite: "skip" } });
      const [met, never] = [await open(), await open()];
      for (let t = 1; t <= 12; t++) {
        met.step(t);
        if (t % 3 === 0) for (const spoil of Object.values(bad)) met.step(100 + t, spoil);
        never.step(t);
      }
      const [found] = await met.compare();
      expect(found).toEqual((await never.compare())[0]);
      await met.optimizer.settled();
      expect([met.optimizer.stepCount, met.optimizer.skippedSteps]).toEqual([12, 16]);
      expect(met.optimizer.stepCountOf("w3")).toBe(12);
      for (const run of [met, never]) run.destroy();
    },
  );

  gpuTest("before hyperparameters are set is made good with the new ones", async ({ gpu }) => {
    const [met, never] = [testTensor(gpu, "w", 40, 1), testTensor(gpu, "w", 40, 1)];
    const options = { gradients: { nonFinite: "skip" } } as const;
    const rule = sgd({ lr: (t) => 0.1 / t, momentum: 0.9 });
    const [first, second] = [
      await createOptimizer(gpu, rule, [met], options),
      await createOptimizer(gpu, rule, [never]),
    ];
    for (let t = 1; t <= 6; t++) {
      if (t === 4) {
        gpu.stream.write({ buffer: met.grad, offset: 16, size: 4 }, Float32Array.of(Number.NaN));
        first.step();
        for (const optimizer of [first, second]) optimizer.paramGroups[0]?.set({ lr: (s) => 0.5 / s });
      }
      met.feed(t);
      never.feed(t);
      first.step();
      second.step();
    }
    expect(await met.read()).toEqual(await never.read());
    for (const optimizer of [first, second]) optimizer.destroy();
  });

  gpuTest("of a frozen tensor's gradient is none: nobody looks at it", async ({ gpu }) => {
    const [still, moving] = [testTensor(gpu, "still", 37, 1), testTensor(gpu, "moving", 70, 2)];
    const optimizer = await createOptimizer(gpu, sgd({ lr: 0.1 }), [still, moving], {
      gradients: { clipNorm: 1, zero: true },
    });
    optimizer.freeze("still");
    gpu.stream.write({ buffer: still.grad, offset: 0, size: 4 }, Float32Array.of(Number.NaN));
    moving.feed(1);
    optimizer.step();
    await optimizer.settled();
    expect([optimizer.stepCount, optimizer.stepCountOf("moving")]).toEqual([1, 1]);
    optimizer.destroy();
  });
});

describe("a gradient that is not finite is an error by default", () => {
  gpuTest(
    "that names the tensor, the element and the step; nothing has changed, and the next call goes on",
    async ({ gpu }) => {
      const run = await guardedRun(gpu, { row: rows.adamw, shapes, gradients: { clipNorm: 1 } });
      for (let t = 1; t <= 3; t++) run.step(t);
      const before = await run.compare();
      const { optimizer, memory } = run;
      const spoilt = shapes.map(([side = 0, other = 1]) => new Float32Array(side * other));
      spoilt[3]?.set([Number.NaN], 1024);
      spoilt[5]?.set([Infinity], 3);
      memory.write("grad", spoilt);
      optimizer.step();
      optimizer.step();
      const error = await optimizer.settled().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(NonFiniteGradientError);
      expect(error).toMatchObject({ tensor: "w3", index: 1024, step: 4 });
      expect((error as Error).message).toMatch(
        /^tensor "w3": its gradient is not finite at element 1024, step 4 \(got NaN or inf/,
      );
      expect((await run.compare())[0]).toEqual(before[0]);
      expect([optimizer.stepCount, optimizer.skippedSteps]).toEqual([3, 2]);
      run.step(4);
      const [found, expected] = await run.compare();
      expect(found).toEqual(expected);
      run.destroy();
    },
  );

  gpuTest("thrown by the first step after the GPU has told", async ({ gpu }) => {
    const w = testTensor(gpu, "w", 8, 1);
    const optimizer = await createOptimizer(gpu, sgd({ lr: 0.1 }), [w], { gradients: { nonFinite: "error" } });
    gpu.stream.write({ buffer: w.grad, offset: 28, size: 4 }, Float32Array.of(-Infinity));
    optimizer.step();
    await gpu.idle();
    await expect.poll(() => optimizer.skippedSteps).toBe(1);
    expect(() => optimizer.step()).toThrow(/element 7, step 1/);
    w.feed(1);
    optimizer.step();
    await optimizer.settled();
    expect(optimizer.stepCount).toBe(1);
    optimizer.destroy();
  });

  gpuTest("a norm too large for float32 says so", async ({ gpu }) => {
    const w = testTensor(gpu, "w", 8, 1);
    const optimizer = await createOptimizer(gpu, sgd(), [w], { gradients: { nonFinite: "error" } });
    gpu.stream.write({ buffer: w.grad, offset: 0, size: 4 }, Float32Array.of(3e38));
    optimizer.step();
    await expect(optimizer.settled()).rejects.toThrow(/^gradients: their norm is too large for float32 at step 1/);
    optimizer.destroy();
  });
});

describe("what depends on the outcome of a step", () => {
  gpuTest("must wait for it: freeze and unfreeze; state() and addParamGroup() wait themselves", async ({ gpu }) => {
    const [w, late] = [testTensor(gpu, "w", 8, 1), testTensor(gpu, "late", 5, 2)];
    const optimizer = await createOptimizer(gpu, adamw(), [w], { gradients: { nonFinite: "skip" } });
    gpu.stream.write({ buffer: w.grad, offset: 0, size: 4 }, Float32Array.of(Number.NaN));
    optimizer.step();
    expect(() => optimizer.freeze("w")).toThrow(UsageError);
    expect(() => optimizer.unfreeze("w")).toThrow(
      /outcome is not known \(got 1, allowed 0\)\. Await settled\(\) first/,
    );
    const state = await optimizer.state();
    expect([state.stepCount, state.tensors.get("w")?.stepCount]).toEqual([0, 0]);
    optimizer.step();
    optimizer.load(state); // Whatever became of the steps before, they count no more.
    expect(optimizer.stepCount).toBe(0);
    optimizer.step();
    await optimizer.addParamGroup({ tensors: [late] });
    expect(optimizer.stepCountOf("w")).toBe(0);
    optimizer.freeze("late");
    w.feed(1);
    optimizer.step();
    await optimizer.settled();
    expect([optimizer.stepCountOf("w"), optimizer.stepCountOf("late")]).toEqual([1, 0]);
    optimizer.destroy();
  });

  gpuTest("may not be unknown of more steps than the host keeps rows of", async ({ gpu }) => {
    const w = testTensor(gpu, "w", 8, 1);
    const optimizer = await createOptimizer(gpu, sgd(), [w], { gradients: { nonFinite: "skip" } });
    const steps = () => {
      for (let t = 0; t < 1100; t++) optimizer.step();
    };
    expect(steps).toThrow(/^optimizer: too many steps are on their way.*Await optimizer\.settled\(\)/);
    const { stepCount } = optimizer;
    await optimizer.settled();
    optimizer.step();
    expect(optimizer.stepCount).toBe(stepCount + 1);
    await optimizer.settled();
    optimizer.destroy();
  });
});

describe("the loss scale", () => {
  gpuTest(
    "is on the device where a backward pass finds it, and is saved and taken up with the state",
    async ({ gpu }) => {
      const lossScale = { initial: 8, growth: 4, interval: 2 };
      const open = () => guardedRun(gpu, { row: rows.adamw, shapes: [[70]], gradients: { lossScale } });
      const [whole, first, second] = [await open(), await open(), await open()];
      const read = async (run: typeof whole) => (await readFloats(gpu, run.optimizer.lossScale!))[0];
      expect(await read(whole)).toBe(8);
      for (let t = 1; t <= 5; t++) {
        whole.step(t, t === 4 ? ([grad]) => void grad?.set([Infinity], 3) : undefined);
        first.step(t, t === 4 ? ([grad]) => void grad?.set([Infinity], 3) : undefined);
      }
      expect(await read(whole)).toBe(8 * 4 * 0.5);
      const saved = await first.optimizer.state();
      expect(saved.lossScale).toEqual({ scale: 16, good: 1 });
      second.memory.write("param", [(await first.compare())[0][0] as Float32Array<ArrayBuffer>]);
      second.optimizer.load(saved);
      for (let t = 6; t <= 9; t++) {
        const grad = whole.expected.length === 0 ? [] : [await gradientsOf(whole, t)];
        second.memory.write("grad", grad);
        second.optimizer.step();
        whole.step(t);
      }
      expect((await second.compare())[0]).toEqual((await whole.compare())[0]);
      expect(await read(second)).toBe(await read(whole));
      for (const run of [whole, first, second]) run.destroy();
    },
  );
});

/** The gradients that `step(t)` will write. */
async function gradientsOf(run: Awaited<ReturnType<typeof guardedRun>>, t: number): Promise<Float32Array<ArrayBuffer>> {
  const { gradientAt } = await import("../parity/fixtures.ts");
  await run.optimizer.settled();
  const { scale } = (await run.optimizer.state()).lossScale ?? { scale: 1 };
  return gradientAt(1, t, 70).map((g) => g * scale);
}
