import { expect } from "vitest";
import {
  crossEntropy,
  crossEntropyGradient,
  crossEntropyWithGradient,
} from "../../../src/engine/kernels/crossEntropy.ts";
import type { Value } from "../../../src/engine/launch.ts";
import { float32, float64 } from "../../../src/reference/index.ts";
import * as reference from "../../../src/reference/ops/crossEntropy.ts";
import { sharedGpuTest } from "../../support/gpuTest.ts";
import { spread } from "../../support/spread.ts";
import { runLaunches } from "../runLaunches.ts";
import { signed } from "../support.ts";
import { expectNear, unit } from "./near.ts";
import { extremeCases, f32, f64, numbersOf, rowCases, spreadOf, value } from "./rowCases.ts";

sharedGpuTest.for(spread([...rowCases, ...extremeCases], 20))(
  "cross-entropy of $what, $rows × $columns by $by",
  async (row, { gpu }) => {
    const { rows, columns, device } = row;
    const numbers = numbersOf(row);
    // Every fifth label is no class; one is only just none.
    const classes = Uint32Array.from({ length: rows }, (_, r) =>
      r % 5 ? (r * 7) % columns : columns + r * 1_000_000_007,
    );
    const scale = Math.fround(1 / 3);
    for (const labelSmoothing of [0, 0.125]) {
      const shape = { rows, columns, labelSmoothing };
      const [logits, labels] = [value("logits", rows * columns), value("labels", rows, "uint32")];
      const [losses, lse, dlosses] = [value("losses", rows), value("lse", rows), value("dlosses", rows)];
      const dlogits = value("dlogits", rows * columns);
      const given = new Map<Value, Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>([
        [logits, numbers],
        [labels, classes],
      ]);

      const oracle = reference.crossEntropy(f64(numbers), classes, shape, float64);
      const twin = reference.crossEntropy(numbers, classes, shape, float32);
      // The sum of exponentials is good to a unit a column and 2, the logarithm to 3; then x - max, twice, and the products.
      const spread = spreadOf(numbers, columns);
      const nearLoss = () => unit * (columns + 12 + 8 * spread + (labelSmoothing ? columns * spread : 0));
      const nearLse = (r: number) => unit * (columns + 12 + 2 * Math.abs(oracle.lse[r] as number));
      expectNear("float32's losses", twin.losses, oracle.losses, nearLoss);
      expectNear("float32's lse", twin.lse, oracle.lse, nearLse);

      const values = { logits, labels, losses, lse, dlogits };
      const same = new Float64Array(rows).fill(scale);
      const slopes = reference.crossEntropyGradient(f64(numbers), classes, same, shape, float64);
      // As of softmax's y, with p ≤ 1.
      const nearSlope = () => scale * (unit * (Math.min(spread, 90) + columns + 16) + 2e-38);
      for (const launches of [
        crossEntropy(shape, values, device),
        crossEntropyWithGradient({ ...shape, scale }, values, device),
      ]) {
        expect(launches.length).toBe(rows ? 1 : 0);
        const results = await runLaunches(gpu, launches, given);
        expectNear("losses", results.get(losses) ?? [], oracle.losses, nearLoss);
        expectNear("lse", results.get(lse) ?? [], oracle.lse, nearLse);
        const found = results.get(dlogits);
        if (found) expectNear("dlogits", found, slopes, nearSlope);
      }

      const sums = f32(oracle.lse);
      const weights = signed(rows, 3);
      const gradient = reference.crossEntropyGradient(f64(numbers), classes, f64(weights), shape, float64);
      // z - lse, which is not above 0 but by rounding, is rounded once: where it matters it is above -90. And lse is rounded.
      const nearGradient = (i: number) =>
        unit * (90 + 16 + 2 * Math.abs(oracle.lse[Math.floor(i / columns)] as number)) + 2e-38;
      const launches = crossEntropyGradient(shape, { logits, labels, lse, dlosses, dlogits }, device);
      const all = new Map([...given, [lse, sums] as const, [dlosses, weights] as const]);
      const found = (await runLaunches(gpu, launches, all)).get(dlogits) ?? [];
      expectNear("dlogits of losses", found, gradient, nearGradient);
      const twinGradient = reference.crossEntropyGradient(numbers, classes, weights, shape, float32);
      expectNear("float32's dlogits", twinGradient, gradient, nearGradient);
    }
  },
);
