import { reduceLaunches } from "../../../src/engine/lower/reduce.ts";
import { wholeView } from "../../../src/engine/lower/views.ts";
import { sharedGpuTest } from "../../support/gpuTest.ts";
import { runLaunches } from "../runLaunches.ts";
import { signed } from "../support.ts";
import { expectNear, unit } from "./near.ts";
import { value } from "./rowCases.ts";

/** Reductions that a workgroup makes: along the last axis, of few outputs. */
const cases: { readonly shape: readonly number[]; readonly axes: readonly number[] }[] = [
  { shape: [1, 1], axes: [1] },
  { shape: [3, 7], axes: [1] },
  { shape: [2, 252], axes: [1] },
  { shape: [255, 5], axes: [1] },
  { shape: [2, 1027], axes: [0, 1] },
  { shape: [4, 3, 66], axes: [0, 2] },
];
const ways = [
  { by: "tree", device: { isSoftware: false, subgroups: false } },
  { by: "subgroups", device: { isSoftware: false, subgroups: true } },
];
const rows = cases.flatMap((row) =>
  ways.flatMap((way) => (["sum", "max"] as const).map((fn) => ({ ...row, ...way, fn }))),
);

sharedGpuTest.for(rows)("$fn of $shape over $axes by $by", async ({ shape, axes, fn, device }, { gpu }) => {
  const count = shape.reduce((product, side) => product * side, 1);
  const outputs = shape.reduce((product, side, i) => (axes.includes(i) ? product : product * side), 1);
  // Nothing is larger than -1, so that zeros from outside of a row would show.
  const numbers = signed(count, 1).map((number) => number - 2);
  const [x, y] = [value("x", count), value("y", outputs)];
  const expression = { kind: "load", view: wholeView(x, shape) } as const;
  const launches = reduceLaunches({ fn, expression, shape, axes }, y, device);
  const results = await runLaunches(gpu, launches, new Map([[x, numbers]]));

  const expected = new Float64Array(outputs).fill(fn === "sum" ? 0 : -Infinity);
  const inner = shape.at(-1) as number;
  for (const [i, number] of numbers.entries()) {
    const output = Math.floor(i / inner) % outputs;
    const before = expected[output] as number;
    expected[output] = fn === "sum" ? before + number : Math.max(before, number);
  }
  // γₙ Σ |x|, with no more additions on the way to the sum than numbers; a maximum is one of the numbers.
  const near = (i: number) => (fn === "sum" ? unit * (count / outputs) * Math.abs(expected[i] as number) : 0);
  expectNear("y", results.get(y) ?? [], expected, near);
});
