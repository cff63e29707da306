import { expect } from "vitest";
import { norm, normGradient, normWeightGradient } from "../../../src/engine/kernels/norm.ts";
import { float32, float64 } from "../../../src/reference/index.ts";
import * as reference from "../../../src/reference/ops/norm.ts";
import { sharedGpuTest } from "../../support/gpuTest.ts";
import { spread } from "../../support/spread.ts";
import { runLaunches } from "../runLaunches.ts";
import { signed } from "../support.ts";
import { expectNear, unit } from "./near.ts";
import { f32, f64, numbersOf, rowCases, value } from "./rowCases.ts";

const eps = 1e-5;
const table = rowCases.flatMap((row) => (["layer", "rms"] as const).map((kind) => ({ ...row, kind })));

sharedGpuTest.for(spread(table, 30))("$kind norm of $what, $rows × $columns by $by", async (row, { gpu }) => {
  const { rows, columns, device, kind } = row;
  const count = rows * columns;
  const given = {
    x: numbersOf(row),
    weight: signed(columns, 2),
    bias: signed(columns, 3),
    dy: signed(count, 4),
    residual: signed(count, 5),
  };
  const [x, y, dy, dx] = [value("x", count), value("y", count), value("dy", count), value("dx", count)];
  const [weight, bias, residual] = [value("weight", columns), value("bias", columns), value("residual", count)];
  const [dweight, dbias] = [value("dweight", columns), value("dbias", columns)];
  const [mean, rstd] = [value("mean", rows), value("rstd", rows)];
  const bound = new Map([[x, given.x] as const, [weight, given.weight] as const, [bias, given.bias] as const]);

  const forward = norm({ rows, columns, eps }, { kind, x, weight, bias, y, mean, rstd }, device);
  expect(forward.length).toBe(rows ? 1 : 0);
  const inputs = { x: given.x, weight: given.weight, ...(kind === "layer" && { bias: given.bias }) };
  const exact = { x: f64(given.x), weight: f64(given.weight), ...(kind === "layer" && { bias: f64(given.bias) }) };
  const oracle = reference.norm(kind, exact, eps, float64);
  const twin = reference.norm(kind, inputs, eps, float32);
  const scale = (r: number) => Math.abs(oracle.rstd[r] as number);
  const largest = given.x.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  // γₙ of the sum, / and the mean; what it is off by goes into every difference, which rstd scales.
  const nearMean = () => unit * (columns + 4) * largest;
  // γₙ of the squares, the mean's error squared below that unless the row is flat; / and √ make 6 units.
  const relative = (r: number) => unit * (columns + 12) + (unit * (columns + 4) * largest * scale(r)) ** 2 * 2;
  const off = (r: number) => unit * (columns + 6) * largest * scale(r);
  const rowOf = (i: number) => Math.floor(i / columns);
  const nearNormed = (i: number) => {
    const normed = Math.abs(((given.x[i] as number) - (oracle.mean[rowOf(i)] as number)) * scale(rowOf(i)));
    return normed * (relative(rowOf(i)) + 4 * unit) + off(rowOf(i)) + 4 * unit;
  };
  const results = await runLaunches(gpu, forward, bound);
  if (kind === "layer") expectNear("mean", results.get(mean) ?? [], oracle.mean, nearMean);
  expectNear("rstd", results.get(rstd) ?? [], oracle.rstd, (r) => relative(r) * scale(r));
  expectNear("float32's rstd", twin.rstd, oracle.rstd, (r) => relative(r) * scale(r));
  expectNear("y", results.get(y) ?? [], oracle.y, nearNormed);
  expectNear("float32's y", twin.y, oracle.y, nearNormed);

  const statistics = { mean: f32(oracle.mean), rstd: f32(oracle.rstd) };
  const kept = { ...given, ...statistics };
  const keptExact = { ...exact, dy: f64(given.dy), mean: f64(statistics.mean), rstd: f64(statistics.rstd) };
  const keptBound = [...bound, [dy, given.dy], [mean, statistics.mean], [rstd, statistics.rstd]] as const;
  const slopes = reference.normGradient(kind, keptExact, float64);
  // |g| and |weight| are at most 1; n is at most √C, and x - mean may be of two numbers alike.
  const most = (i: number) => Math.sqrt(columns) + (columns + 6) * unit * largest * scale(rowOf(i)) + 1;
  const nearSlope = (i: number) => unit * scale(rowOf(i)) * (2 * columns + 16) * most(i) ** 2 + unit * 4;
  for (const extra of [undefined, residual]) {
    const launches = normGradient(row, { kind, x, weight, mean, rstd, dy, dx, residual: extra }, device);
    expect(launches.length).toBe(rows ? 1 : 0);
    const found = await runLaunches(gpu, launches, new Map([...keptBound, [residual, given.residual]]));
    const expected = extra ? slopes.map((slope, i) => slope + (given.residual[i] as number)) : slopes;
    expectNear("dx", found.get(dx) ?? [], expected, nearSlope);
  }
  expectNear("float32's dx", reference.normGradient(kind, kept, float32), slopes, nearSlope);

  const sums = reference.normWeightGradient(keptExact, float64);
  const twinSums = reference.normWeightGradient(kept, float32);
  const launches = normWeightGradient(row, { kind, x, mean, rstd, dy, dweight, dbias });
  expect(launches.length).toBeLessThanOrEqual(2);
  const found = await runLaunches(gpu, launches, new Map(keptBound));
  const steepest = Math.max(0, ...Array.from({ length: count }, (_, i) => most(i)));
  const nearSum = () => unit * (rows + 6) * rows * steepest;
  for (const [what, of] of [
    ["dweight", dweight],
    ...(kind === "layer" ? ([["dbias", dbias]] as const) : []),
  ] as const) {
    expectNear(what, found.get(of) ?? [], sums[what], nearSum);
    expectNear(`float32's ${what}`, twinSums[what], sums[what], nearSum);
  }
});
