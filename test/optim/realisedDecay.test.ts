/**
 * Decay that is asked for happens, down to a shrink of 1e-8 a step (optimizers.md 0.1). WGSL lets a compiler
 * reassociate p - (L p + step) into (p - L p) - step, which loses such decays: on an adapter that does, this fails.
 */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Gpu, openGpu } from "../../src/gpu/index.ts";
import { type Decoupled, realisedDecay, shrinks } from "./realised.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu.destroy());

/** SGDW at a middling rate; AdamW at the end of a schedule, where a step is about ten ulps and the decay 1e-7. */
const runs: [Decoupled, number][] = [
  ["sgdw", 1e-3],
  ["adamw", 1e-6],
];

describe.each(runs)("%s at lr %d", (name, lr) => {
  test("accurate: realised over wanted decay is within [0.99, 1.01] at 1e-5, 1e-6, 1e-7 and 1e-8", async () => {
    for (const { shrink, ratio, error } of await realisedDecay(gpu, name, lr, "accurate")) {
      // The interval is six standard errors and more on either side: what falls out of it is bias, not noise.
      expect(error).toBeLessThan(0.01 / 6);
      expect(ratio, `shrink ${shrink}`).toBeGreaterThanOrEqual(0.99);
      expect(ratio, `shrink ${shrink}`).toBeLessThanOrEqual(1.01);
    }
  });

  test("torch: float32's 1 - lr λ realises 1.0014, 1.013, 1.19 and 0 of it, as documented", async () => {
    const measured = await realisedDecay(gpu, name, lr, "torch");
    const documented = shrinks.map((shrink) => (1 - Math.fround(1 - shrink)) / shrink);
    expect(documented.map((ratio) => ratio.toFixed(4))).toEqual(["1.0014", "1.0133", "1.1921", "0.0000"]);
    for (const [i, { ratio, error }] of measured.entries()) {
      // The noise, and the product's own rounding, which repeats itself while p moves by a few ulps.
      expect(Math.abs(ratio - documented[i]!)).toBeLessThan(6 * error + 0.005);
    }
  });
});
