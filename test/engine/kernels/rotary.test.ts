import { rotary } from "../../../src/engine/kernels/rotary.ts";
import type { Value, View } from "../../../src/engine/launch.ts";
import { float32, float64 } from "../../../src/reference/index.ts";
import { rotary as reference } from "../../../src/reference/ops/rotary.ts";
import { sharedGpuTest } from "../../support/gpuTest.ts";
import { runLaunches } from "../runLaunches.ts";
import { signed } from "../support.ts";
import { expectNear, unit } from "./near.ts";
import { f64, value } from "./rowCases.ts";

const cases = [
  { what: "no batch", batches: 0, times: 3, heads: 2, depth: 8 },
  { what: "no depth", batches: 2, times: 3, heads: 2, depth: 0 },
  { what: "a pair", batches: 1, times: 1, heads: 1, depth: 2 },
  { what: "halves in no fours", batches: 2, times: 5, heads: 3, depth: 12 },
  { what: "halves in fours", batches: 2, times: 9, heads: 3, depth: 8 },
  { what: "many times", batches: 1, times: 2048, heads: 1, depth: 32 },
];

sharedGpuTest.for(cases)("rotary of $what, $batches × $times × $heads × $depth", async (row, { gpu }) => {
  const { batches, times, heads, depth } = row;
  const count = batches * times * heads * depth;
  // The second of three slices of a packed value [batches, times, 3, heads, depth].
  const packed = signed(count * 3, 1);
  const own: Value = value("packed", packed.length);
  const side = heads * depth;
  const strides = [times * 3 * side, 3 * side, depth, 1];
  const x: View = { value: own, shape: [batches, times, heads, depth], strides, offset: side };
  const numbers = packed.filter((_, i) => Math.floor(i / side) % 3 === 1);
  for (const inverse of [false, true]) {
    const y = value("y", count);
    const { launches, tables } = rotary({ base: 10_000, inverse }, { x, y });
    const given = new Map([...tables].map(([of, data]) => [of, Float32Array.from(data)]));
    const results = await runLaunches(gpu, launches, given.set(own, packed));
    const shape = { ...row, base: 10_000, inverse };
    const oracle = reference(f64(numbers), shape, float64);
    // Two products of a rounded cosine or sine, and their sum: all below 1.
    const near = () => 6 * unit;
    expectNear("y", results.get(y) ?? [], oracle, near);
    expectNear("float32's y", reference(numbers, shape, float32), oracle, near);
  }
});
