/** The reference's sums over rows and columns, and what tells Adafactor's vectors from matrices. */
import { describe, expect, test } from "vitest";
import { axesOf, blockShape, blocksOf, matricesOf, reachOf } from "../../src/optim/factors/geometry.ts";
import { columnSums, meansOfRows, rowSums } from "../../src/reference/factors.ts";
import { adafactor, float32, float64, type Profile } from "../../src/reference/index.ts";
import { decodeTensors, gradientAt, initialParam, torchRow, worstUlpError } from "../parity/fixtures.ts";
import { table } from "../parity/table.ts";
import { trace } from "../parity/trace.ts";

const shapes = [
  [1, 1],
  [1, 7],
  [7, 1],
  [40, 70],
  [2, 33, 65],
  [4, 3, 3, 3],
  [5000, 2],
  [2, 5000],
  [300, 300],
];

describe("the sums over rows and columns of", () => {
  test.for(shapes)("%j are those that are added up one after the other, but for the rounding", (shape) => {
    const matrices = matricesOf(shape)!;
    const { rows, columns } = matrices;
    const count = matrices.matrices * rows * columns;
    const squares = gradientAt(1, 1, count).map((g) => g * g);
    const plain = { rows: new Float64Array(count / columns), columns: new Float64Array(count / rows) };
    for (const [i, square] of squares.entries()) {
      const row = Math.floor(i / columns);
      plain.rows[row]! += square;
      plain.columns[Math.floor(row / rows) * columns + (i % columns)]! += square;
    }
    const named = { count: matrices.matrices, rows, columns };
    const at = (i: number): number => squares[i]!;
    for (const round of [float32, float64]) {
      // Pairs of runs of 16 err by a few roundings, however many there are.
      const bound = round === float32 ? 12 * 2 ** -24 : 1e-14;
      const worst = (found: readonly number[], expected: Float64Array): number =>
        Math.max(...found.map((sum, i) => Math.abs(sum - expected[i]!) / Math.max(expected[i]!, 2 ** -60)));
      expect(worst(rowSums(named, at, round), plain.rows)).toBeLessThan(bound);
      expect(worst(columnSums(named, at, round), plain.columns)).toBeLessThan(bound);
      const means = meansOfRows(named, rowSums(named, at, float64), round);
      const expected = Float64Array.from(means, (_, matrix) => {
        return plain.rows.slice(matrix * rows, (matrix + 1) * rows).reduce((sum, x) => sum + x, 0) / rows;
      });
      expect(worst(means, expected)).toBeLessThan(bound);
    }
  });
});

describe("the blocks of", () => {
  const room = 2 ** 27;
  test.for(shapes)("%j have each element once, and few are empty", (shape) => {
    const matrices = matricesOf(shape)!;
    const block = blockShape(matrices, room);
    expect(block.matrices * block.rows * block.columns).toBe(2048);
    const { rows, columns } = matrices;
    const seen = new Uint8Array(matrices.matrices * rows * columns);
    let blocks = 0;
    for (const { matrix, row, column } of blocksOf(matrices, block)) {
      blocks += 1;
      for (let m = matrix; m < Math.min(matrix + block.matrices, matrices.matrices); m++)
        for (let r = row; r < Math.min(row + block.rows, rows); r++)
          for (let c = column; c < Math.min(column + block.columns, columns); c++)
            seen[(m * rows + r) * columns + c]! += 1;
    }
    expect(new Set(seen)).toEqual(new Set([1]));
    expect(blocks).toBeLessThanOrEqual(Math.ceil((seen.length * 4) / 2048) + 1);
  });

  test("a matrix of very long rows are lower, so that a binding reaches over them", () => {
    const matrices = { matrices: 1, rows: 64, columns: 2 ** 21 };
    const block = blockShape(matrices, room);
    expect(block).toEqual({ matrices: 1, rows: 16, columns: 128 });
    for (const each of blocksOf({ ...matrices, rows: 16 }, block)) {
      const [first, end] = reachOf(matrices, block, each);
      expect((end - first) * 4).toBeLessThanOrEqual(room);
    }
    expect(axesOf(matrices, block).map(({ span, spans }) => [span, spans])).toEqual([
      [64, 2 ** 15],
      [16, 4],
    ]);
  });
});

test("out of PyTorch's bounds: a vector taken for a matrix of one row", () => {
  const row = table.find(({ rule, desc }) => rule === "adafactor" && desc === "vector, large eps")!;
  const expected = decodeTensors(torchRow(row).float32[50]!).param;
  const [right, wrong] = [row, { ...row, shape: [1, 96] }].map((each) => trace(each, "float32", "torch").at(-1)!);
  expect(worstUlpError(right!.tensors.param, expected, right!.scales.param)).toBeLessThanOrEqual(8);
  expect(worstUlpError(wrong!.tensors.param, expected, right!.scales.param)).toBeGreaterThan(1000);
});

test("gradients whose squares' products do not fit float32 step as others do, in the accurate profile", () => {
  const run = (profile: Profile, scale: number): Float32Array => {
    const tensor = {
      ...{ shape: [8, 12], param: initialParam(1, 96), grad: new Float32Array() },
      ...{ rowVar: new Float32Array(8), colVar: new Float32Array(12) },
    };
    const hyper = {
      ...{ lr: 0.1, beta2Decay: -0.8, eps1: 2 ** -23, eps2: 1e-3, d: 1 },
      weightDecay: 0,
      maximize: false,
    };
    for (let t = 1; t <= 5; t++) {
      tensor.grad = gradientAt(1, t, 96).map((g) => g * scale);
      adafactor(tensor, hyper, t, float32, profile);
    }
    return tensor.param;
  };
  expect(run("accurate", 2 ** 40)).toEqual(run("accurate", 2 ** 10)); // a power of two changes no rounding
  expect(run("torch", 2 ** 40)).not.toEqual(run("torch", 2 ** 10)); // some V are infinite, as PyTorch's are
});
