import { expect } from "vitest";
import { argmax } from "../../../src/engine/kernels/argmax.ts";
import {
  crossEntropy,
  crossEntropyGradient,
  crossEntropyWithGradient,
} from "../../../src/engine/kernels/crossEntropy.ts";
import { softmax, softmaxGradient } from "../../../src/engine/kernels/softmax.ts";
import type { Value } from "../../../src/engine/launch.ts";
import { float32, float64 } from "../../../src/reference/index.ts";
import { argmax as referenceArgmax } from "../../../src/reference/ops/argmax.ts";
import * as reference from "../../../src/reference/ops/crossEntropy.ts";
import * as referenceSoftmax from "../../../src/reference/ops/softmax.ts";
import { sharedGpuTest } from "../../support/gpuTest.ts";
import { runLaunches } from "../runLaunches.ts";
import { signed } from "../support.ts";
import { expectNear, unit } from "./near.ts";

interface Case {
  readonly what: string;
  readonly rows: number;
  readonly columns: number;
  readonly x?: (value: number, i: number) => number;
}

/** Rows of one lane and of teams, of groups of four and not; sizes are shared, for every one is compiled. */
const cases: Case[] = [
  { what: "nothing", rows: 0, columns: 8 },
  { what: "one number", rows: 1, columns: 1 },
  { what: "classes", rows: 130, columns: 10 },
  { what: "a group of four", rows: 65, columns: 4 },
  { what: "characters", rows: 70, columns: 68 },
  { what: "characters, ragged", rows: 70, columns: 67 },
  { what: "a vocabulary", rows: 3, columns: 2052 },
  { what: "a vocabulary, ragged", rows: 3, columns: 2051 },
  { what: "all equal", rows: 70, columns: 68, x: () => 3 },
  { what: "large", rows: 70, columns: 67, x: (value) => value * 1e4 },
  { what: "huge", rows: 70, columns: 68, x: (value) => value * 1e30 },
  { what: "tiny", rows: 70, columns: 67, x: (value) => value * 1e-30 },
  { what: "far below zero", rows: 70, columns: 68, x: (value) => value - 1e6 },
  { what: "80 to 95 apart, where exp ends", rows: 130, columns: 10, x: (value, i) => (i % 4 ? -87.5 + 7 * value : 0) },
];
const table = cases.flatMap((row) => [true, false].map((isSoftware) => ({ ...row, isSoftware })));

const value = (label: string, elements: number, dtype: Value["dtype"] = "float32"): Value => ({
  label,
  elements,
  dtype,
});
const f32 = (values: ArrayLike<number>): Float32Array<ArrayBuffer> => Float32Array.from(values);
const wide = (values: ArrayLike<number>): Float64Array => Float64Array.from(values);
/** What is rounded to zero: results below the smallest normal number, and exponentials of less than -87. */
const small = 2e-38;

/** The largest distance of a row's numbers from its largest, which bounds the rounding of x - max. */
function spreads(x: Float32Array, columns: number): Float64Array {
  const rows = x.length / columns;
  return Float64Array.from({ length: rows }, (_, r) => {
    const row = x.subarray(r * columns, (r + 1) * columns);
    return row.reduce((a, b) => Math.max(a, b), -Infinity) - row.reduce((a, b) => Math.min(a, b), Infinity);
  });
}

sharedGpuTest.for(table)("softmax of $what, $rows × $columns, software $isSoftware", async (row, { gpu }) => {
  const { rows, columns, isSoftware, x: make = (value: number) => value * 5 } = row;
  const count = rows * columns;
  const given = { x: signed(count, 1).map(make), dy: signed(count, 2) };
  for (const log of [false, true]) {
    const [x, y, dy, dx] = ["x", "y", "dy", "dx"].map((label) => value(label, count)) as [Value, Value, Value, Value];
    const oracle = referenceSoftmax.softmax(wide(given.x), columns, log, float64);
    const launches = softmax({ rows, columns, log }, { x, y }, { isSoftware });
    expect(launches.length).toBe(rows ? 1 : 0);
    const results = await runLaunches(gpu, launches, new Map([[x, given.x]]));
    // x - max is rounded once, which e^ makes relative; e^ has 2 units, the sum one a column, the division 2.5, ln 3.
    const far = (i: number) => Math.min((given.x[i] as number) - (given.x[i - (i % columns)] as number), 0);
    const largest = (i: number) =>
      spreads(given.x.subarray(i - (i % columns), i - (i % columns) + columns), columns)[0] as number;
    const allowed = (i: number) =>
      log
        ? unit * (2 * Math.abs(oracle[i] as number) + columns + 12)
        : (oracle[i] as number) * unit * (Math.min(largest(i), 90) + columns + 12) + small;
    void far;
    expectNear("y", results.get(y) ?? [], oracle, allowed);
    expectNear("float32's y", referenceSoftmax.softmax(given.x, columns, log, float32), oracle, allowed);

    const output = f32(oracle);
    const gradient = referenceSoftmax.softmaxGradient(wide(output), wide(given.dy), columns, log, float64);
    const backward = softmaxGradient({ rows, columns, log }, { y, dy, dx }, { isSoftware });
    const gradients = await runLaunches(
      gpu,
      backward,
      new Map([
        [y, output],
        [dy, given.dy],
      ]),
    );
    // γₙ Σ |dy y|, with Σ y = 1 and |dy| ≤ 1; of the logarithm, γₙ Σ |dy| e^y, and e^ as above.
    const near = (i: number) => {
      const p = log ? Math.exp(output[i] as number) : (output[i] as number);
      return log
        ? unit * (columns * p * (columns + Math.min(-(output[i] as number), 90) + 6) + 2) + small
        : p * unit * (2 * columns + 10) + small;
    };
    expectNear("dx", gradients.get(dx) ?? [], gradient, near);
  }
});
