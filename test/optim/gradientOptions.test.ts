/** What may be asked of gradients, and what costs nothing because nobody looks at them first. */
import { describe, expect, test } from "vitest";
import { readFloats } from "../../src/gpu/index.ts";
import { checkGradients } from "../../src/optim/gradients/options.ts";
import { createOptimizer, type GradientOptions, HyperparameterError, sgd } from "../../src/optim/index.ts";
import { sharedGpuTest } from "../support/gpuTest.ts";
import { testTensor } from "./solo.ts";

describe("without looking at them", () => {
  const kinds: [string, GradientOptions][] = [
    ["clipped element by element", { clipValue: 0.1 }],
    ["averaged over micro-batches", { microBatches: 4 }],
    ["zeroed", { zero: true }],
  ];
  sharedGpuTest.for(kinds)("gradients are %s in the one dispatch", async ([, gradients], { gpu }) => {
    const [w, twin] = [testTensor(gpu, "w", 1030, 1), testTensor(gpu, "w", 1030, 1)];
    const optimizer = await createOptimizer(gpu, sgd({ lr: 0.1 }), [w], { gradients });
    const plain = await createOptimizer(gpu, sgd({ lr: 0.1 }), [twin]);
    expect(optimizer.dispatchCount).toBe(plain.dispatchCount);
    for (let t = 1; t <= 3; t++) {
      w.feed(t);
      twin.feed(t);
      const grad = await readFloats(gpu, { buffer: twin.grad, offset: 0, size: 4 * 1030 });
      const [limit, share] = [Math.fround(gradients.clipValue ?? Infinity), 1 / (gradients.microBatches ?? 1)];
      const used = grad.map((g) => Math.min(Math.max(share * g, -limit), limit)) as Float32Array<ArrayBuffer>;
      gpu.stream.write({ buffer: twin.grad, offset: 0, size: 4 * 1030 }, used);
      optimizer.step();
      plain.step();
    }
    expect(await w.read()).toEqual(await twin.read());
    const left = await readFloats(gpu, { buffer: w.grad, offset: 0, size: 4 * 1030 });
    expect(left.every((g) => g === 0)).toBe(gradients.zero === true);
    await optimizer.settled();
    for (const each of [optimizer, plain]) each.destroy();
  });
});

describe("options that cannot be are refused", () => {
  test.for([
    [{ clipNorm: 0 }, /^gradients: clipNorm must be a number > 0 that fits float32, got 0\.$/],
    [{ clipNorm: Number.NaN }, /clipNorm/],
    [{ clipValue: 1e39 }, /clipValue/],
    [{ clipNorm: 1, clipValue: 1 }, /clipValue must be left out beside clipNorm/],
    [{ microBatches: 1.5 }, /microBatches must be a whole number >= 1/],
    [{ nonFinite: "ignore" }, /nonFinite must be "error" or "skip"/],
    [{ lossScale: {}, nonFinite: "error" }, /nonFinite must be "skip" with a dynamic loss scale/],
    [{ lossScale: 0 }, /lossScale/],
    [{ lossScale: { growth: 1 } }, /lossScale\.growth/],
    [{ lossScale: { backoff: 1 } }, /lossScale\.backoff/],
    [{ lossScale: { interval: 0 } }, /lossScale\.interval/],
  ] as const)("%j", ([gradients, message]) => {
    const check = () => checkGradients(gradients as GradientOptions);
    expect(check).toThrow(HyperparameterError);
    expect(check).toThrow(message);
  });
});
