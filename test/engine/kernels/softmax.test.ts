import { expect } from "vitest";
import { argmax } from "../../../src/engine/kernels/argmax.ts";
import { softmax, softmaxGradient } from "../../../src/engine/kernels/softmax.ts";
import { float32, float64 } from "../../../src/reference/index.ts";
import { argmax as largestColumn } from "../../../src/reference/ops/argmax.ts";
import * as reference from "../../../src/reference/ops/softmax.ts";
import { sharedGpuTest } from "../../support/gpuTest.ts";
import { spread } from "../../support/spread.ts";
import { runLaunches } from "../runLaunches.ts";
import { signed } from "../support.ts";
import { expectNear, unit } from "./near.ts";
import { extremeCases, f32, f64, numbersOf, rowCases, spreadOf, value } from "./rowCases.ts";

/** Exponentials of less than -87 are taken for 0, as is what is below the smallest normal number. */
const flushed = 2e-38;

sharedGpuTest.for(spread([...rowCases, ...extremeCases], 20))(
  "softmax of $what, $rows × $columns by $by",
  async (row, { gpu }) => {
    const { rows, columns, device } = row;
    const count = rows * columns;
    const numbers = numbersOf(row);
    const gradients = signed(count, 2);
    for (const log of [false, true]) {
      const [x, y, dy, dx] = [value("x", count), value("y", count), value("dy", count), value("dx", count)];
      const forward = softmax({ rows, columns, log }, { x, y }, device);
      const backward = softmaxGradient({ rows, columns, log }, { y, dy, dx }, device);
      expect([forward.length, backward.length]).toEqual(rows ? [1, 1] : [0, 0]);

      // x - max is rounded once, which is relative after e^; e^ is good to 2 units, the sum to one a column, / to 2.5, ln to 3.
      const oracle = reference.softmax(f64(numbers), columns, log, float64);
      const spread = Math.min(spreadOf(numbers, columns), 90);
      const allowed = (i: number): number => {
        const exact = Math.abs(oracle[i] as number);
        return log ? unit * (3 * exact + columns + 12) : unit * exact * (spread + columns + 12) + flushed;
      };
      const results = await runLaunches(gpu, forward, new Map([[x, numbers]]));
      expectNear("y", results.get(y) ?? [], oracle, allowed);
      expectNear("float32's y", reference.softmax(numbers, columns, log, float32), oracle, allowed);

      // γₙ Σ |dy y| with Σ y = 1 and |dy| ≤ 1; of the logarithm γₙ Σ |dy| e^y, and the error of e^y.
      const output = f32(oracle);
      const slopes = reference.softmaxGradient(f64(output), f64(gradients), columns, log, float64);
      const near = (i: number): number => {
        const out = output[i] as number;
        if (!log) return unit * out * (2 * columns + 10) + flushed;
        return unit * (Math.exp(out) * columns * (columns + Math.min(-out, 90) + 6) + 2) + columns * flushed;
      };
      const given = new Map([[y, output] as const, [dy, gradients] as const]);
      expectNear("dx", (await runLaunches(gpu, backward, given)).get(dx) ?? [], slopes, near);
      expectNear("float32's dx", reference.softmaxGradient(output, gradients, columns, log, float32), slopes, near);
    }
  },
);

sharedGpuTest.for(spread([...rowCases, ...extremeCases], 20))(
  "argmax of $what, $rows × $columns by $by",
  async (row, { gpu }) => {
    const { rows, columns, device } = row;
    // Several of a row are its largest.
    const numbers = numbersOf(row).map((x) => Math.round(x));
    const [x, best] = [value("x", rows * columns), value("best", rows, "uint32")];
    const results = await runLaunches(gpu, argmax(row, { x, best }, device), new Map([[x, numbers]]));
    const columnsFound = new Uint32Array((results.get(best) ?? new Float32Array()).slice().buffer);
    expect([...columnsFound]).toEqual([...largestColumn(numbers, rows, columns)]);
  },
);
