/** Schedule-free rules in an optimizer: what was before counts, however it came about. */
import { describe, expect } from "vitest";
import { createOptimizer, scheduleFreeAdamw, scheduleFreeSgd } from "../../src/optim/index.ts";
import type { ParityCase } from "../parity/cases.ts";
import { passes } from "../parity/gates.ts";
import { runCase } from "../parity/runCase.ts";
import { gpuTest, sharedGpuTest } from "../support/gpuTest.ts";
import { evaluated } from "./evaluationRun.ts";
import { testTensor } from "./solo.ts";

const rates = (t: number): number => (t <= 4 ? 0.01 : t <= 8 ? 0.04 : 0.02);

describe("the learning rates of all steps so far count,", () => {
  sharedGpuTest.for([
    ["scheduleFreeAdamw", scheduleFreeAdamw],
    ["scheduleFreeSgd", scheduleFreeSgd],
  ] as const)("%s: set between steps as on a schedule", async ([, make], { gpu }) => {
    const [scheduled, set] = [await evaluated(gpu, make({ lr: rates })), await evaluated(gpu, make())];
    scheduled.run(0, 12);
    for (let t = 1; t <= 12; t++) {
      set.optimizer.paramGroups[0]!.set({ lr: rates(t) });
      set.run(t - 1, t);
    }
    expect(await set.params()).toEqual(await scheduled.params());
    const [state, expected] = [await set.optimizer.state(), await scheduled.optimizer.state()];
    expect(state).toEqual(expected);
    // 4 steps weigh 0.01², those after them 0.04² each.
    expect(state.tensors.get("w0")?.memory?.lrMax).toBe(0.04);
    expect(state.tensors.get("w0")?.memory?.weightSum).toBeCloseTo(4 * 0.01 ** 2 + 8 * 0.04 ** 2, 12);
    for (const each of [scheduled, set]) each.destroy();
  });

  gpuTest("of each tensor's own steps: one that joins later begins with a warm-up of its own", async ({ gpu }) => {
    const rule = scheduleFreeSgd({ lr: 0.1, warmup: 4 });
    const [first, late] = [testTensor(gpu, "first", 9, 1), testTensor(gpu, "late", 9, 2)];
    const alone = testTensor(gpu, "alone", 9, 2);
    const [both, own] = [await createOptimizer(gpu, rule, [first]), await createOptimizer(gpu, rule, [alone])];
    for (let t = 1; t <= 10; t++) {
      if (t === 6) await both.addParamGroup({ tensors: [late] });
      first.feed(t);
      late.feed(t - 5);
      both.step();
      if (t <= 5) continue;
      alone.feed(t - 5);
      own.step();
    }
    expect(await late.read()).toEqual(await alone.read());
    expect((await both.state()).tensors.get("late")?.memory).toEqual((await own.state()).tensors.get("alone")?.memory);
    for (const optimizer of [both, own]) optimizer.destroy();
  });
});

describe("a decay towards the start, and a moving average, are the reference's:", () => {
  const cases = (["scheduleFreeAdamw", "scheduleFreeSgd"] as const).flatMap((rule) =>
    (["accurate", "torch"] as const).map((profile): ParityCase => {
      const hyper = { lr: 0.01, weightDecay: 0.5, towardsStart: true };
      return {
        name: `${rule}, ${profile}`,
        rule,
        profile,
        rows: [{ rule, desc: "towards the start", hyper }],
        tensors: [5, 1025].map((size) => ({ name: `w${size}`, shape: [size], paramGroup: 0 })),
        memory: "own buffers",
        exempt: false,
        limits: {},
        averageDecay: 0.9,
        steps: 50,
        seed: 3,
      };
    }),
  );
  sharedGpuTest.for(cases)("$name", async (test, { gpu }) => {
    const comparison = await runCase(gpu, test);
    expect(passes(comparison, gpu.adapter), `${comparison.worstUlp} ulp`).toBe(true);
  });
});

gpuTest(
  "where the first step may have been skipped, whether there is an x is not known until it is settled",
  async ({ gpu }) => {
    const w = testTensor(gpu, "w", 5, 1);
    const optimizer = await createOptimizer(gpu, scheduleFreeSgd({ lr: 0.1 }), [w], {
      gradients: { nonFinite: "skip" },
    });
    const before = await w.read();
    gpu.stream.write({ buffer: w.grad, offset: 0, size: 20 }, new Float32Array(5).fill(Number.NaN));
    optimizer.step();
    expect(() => optimizer.eval()).toThrow("Await settled() first.");
    await optimizer.settled();
    expect(optimizer.stepCount).toBe(0);
    optimizer.eval();
    expect(await w.read()).toEqual(before); // z has never been written.
    optimizer.train();
    w.feed(1);
    optimizer.step();
    await optimizer.settled();
    optimizer.eval();
    expect(await w.read()).not.toEqual(before);
    optimizer.train();
    optimizer.destroy();
  },
);

gpuTest("it says of its decay that no step takes so much", async ({ gpu }) => {
  const w = { ...testTensor(gpu, "w", 4, 1), shape: [2, 2] };
  const optimizer = await createOptimizer(gpu, scheduleFreeAdamw({ lr: 0.01, weightDecay: 0.1, profile: "torch" }), [
    w,
  ]);
  expect(optimizer.describe()).toContain(
    "decay: of the points that the weights average, nominally shrink per step 1e-3, half-life 692.8 steps",
  );
  optimizer.paramGroups[0]!.set({ weightDecay: 1e-6 });
  expect(optimizer.describe()).not.toContain("warning");
  optimizer.destroy();
});
