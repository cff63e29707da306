import { afterAll, beforeAll, describe, expect } from "vitest";
import { type MatmulOperand, matmul } from "../../../src/engine/kernels/matmul.ts";
import type { MatmulChoice } from "../../../src/engine/kernels/matmulChoice.ts";
import { matmulKernelNames } from "../../../src/engine/kernels/matmulKernels.ts";
import type { MatmulShape } from "../../../src/engine/kernels/matmulShape.ts";
import { storeProduct } from "../../../src/engine/kernels/matmulStore.ts";
import type { Value } from "../../../src/engine/launch.ts";
import { type Gpu, openGpu } from "../../../src/gpu/index.ts";
import { sharedGpuTest } from "../../support/gpuTest.ts";
import { type HalfName, packed, rounded } from "../../support/halves.ts";
import { spread } from "../../support/spread.ts";
import { runLaunches } from "../runLaunches.ts";
import { expectSame, signed } from "../support.ts";

type Floats = Float32Array<ArrayBuffer>;

/** How an operand lies in memory. */
interface Placing {
  readonly isTransposed: boolean;
  /** Before the first matrix, behind each line, and behind each matrix. */
  readonly gaps: readonly [number, number, number];
  /** One matrix for the whole batch. */
  readonly isShared?: boolean;
}

const plain: Placing = { isTransposed: false, gaps: [0, 0, 0] };
const transposed: Placing = { isTransposed: true, gaps: [0, 0, 0] };

interface Row {
  readonly hasColumnSums?: boolean;
  /** The right operand is stored in it. */
  readonly half?: HalfName;
  readonly shape: MatmulShape;
  readonly left: Placing;
  readonly right: Placing;
}

const sizes = (batch: number, rows: number, columns: number, inner: number): MatmulShape => ({
  batch,
  rows,
  columns,
  inner,
});

/** At, below and beyond the edges of groups of 4, blocks, tiles, panels and slices. */
const rows: Row[] = [
  ...[sizes(2, 9, 17, 3), sizes(1, 65, 68, 20)].flatMap((shape) =>
    [plain, transposed].flatMap((left) => [plain, transposed].map((right) => ({ shape, left, right }))),
  ),
  { shape: sizes(1, 1, 1, 1), left: plain, right: plain },
  { shape: sizes(1, 16, 16, 16), left: transposed, right: plain },
  { shape: sizes(1, 5, 10, 70), left: plain, right: transposed },
  { shape: sizes(3, 33, 2, 33), left: transposed, right: transposed },
  { shape: sizes(1, 6, 11, 0), left: plain, right: transposed },
  // Slices of wider matrices, which four at a time can be loaded of, and which not.
  { shape: sizes(2, 12, 20, 8), left: { ...plain, gaps: [8, 12, 4] }, right: { ...transposed, gaps: [5, 3, 2] } },
  { shape: sizes(2, 12, 20, 8), left: { ...transposed, gaps: [5, 3, 2] }, right: { ...plain, gaps: [8, 12, 4] } },
  { shape: sizes(2, 12, 20, 8), left: { ...plain, gaps: [4, 0, 1] }, right: { ...plain, gaps: [8, 4, 2] } },
  { shape: sizes(2, 12, 20, 8), left: { ...plain, isShared: true }, right: { ...plain, gaps: [0, 4, 0] } },
  { shape: sizes(2, 10, 20, 8), left: plain, right: { ...transposed, isShared: true } },
];

const choices: MatmulChoice[] = [
  ...matmulKernelNames.map((kernel) => ({ kernel, splits: 1 })),
  { kernel: "registerTile", splits: 3 },
  { kernel: "sharedTile32", splits: 3 }, // what GPUs split
];

/** Whose sums are taken one product at a time, in the order of k. */
const isSequential = ({ kernel, splits }: MatmulChoice): boolean => kernel !== "slicedTile" && splits === 1;

const nameOf = ({ isTransposed, gaps, isShared }: Placing): string =>
  `${isTransposed ? "transposed" : "plain"}${gaps.some(Boolean) ? ` with gaps ${gaps.join(" ")}` : ""}${isShared ? ", shared" : ""}`;

/** Right operands in half precision, which the kernels load as they are: their lines are whole groups of four. */
const halves: Row[] = [
  { shape: sizes(2, 9, 20, 19), left: plain, right: { ...plain, gaps: [8, 4, 12] }, half: "float16" },
  { shape: sizes(1, 37, 18, 36), left: transposed, right: transposed, half: "bfloat16" },
  { shape: sizes(1, 37, 18, 36), left: plain, right: transposed, half: "float16" },
  { shape: sizes(2, 9, 20, 19), left: transposed, right: { ...plain, isShared: true }, half: "bfloat16" },
];

const withTitle = (row: Row, i: number) => {
  const { batch, rows, columns, inner } = row.shape;
  const right = `${nameOf(row.right)}${row.half ? ` in ${row.half}` : ""}`;
  const title = `${batch} × ${rows} × ${columns} × ${inner}, ${nameOf(row.left)} · ${right}`;
  return { title, ...row, hasColumnSums: i % 4 === 0 || i % 4 === 3 };
};
const titled = rows.map(withTitle);
const titledHalves = halves.map(withTitle);

describe.each(choices)("$kernel in $splits", (choice) => {
  // Each choice begins its spread at another row.
  const first = choices.indexOf(choice);
  const someOf = <T>(all: readonly T[], count: number): readonly T[] => {
    const start = first % all.length;
    return spread([...all.slice(start), ...all.slice(0, start)], count);
  };
  sharedGpuTest.for([...someOf(titled, 2), ...someOf(titledHalves, 1)])("$title", async (row, { gpu }) => {
    await check(gpu, row, choice);
  });
});

const value = (label: string, elements: number): Value => ({ label, elements, dtype: "float32" });

async function check(gpu: Gpu, { shape, left, right, hasColumnSums, half }: Row, choice: MatmulChoice) {
  const { batch, rows, columns, inner } = shape;
  const a = place("left", batch, rows, inner, left);
  const b = place("right", batch, inner, columns, right, half);
  const product = value("product", batch * rows * columns);
  const columnSums = value("column sums", batch * columns);
  const store = storeProduct(shape, product, hasColumnSums ? columnSums : undefined);
  const given = new Map([
    [a.operand.value, a.data],
    [b.operand.value, b.data],
  ]);
  const results = await runLaunches(gpu, matmul(shape, a.operand, b.operand, store, deviceOf(gpu), choice), given);
  const expectation = expected(shape, a.at, b.at);
  compare(gpu, choice, results.get(product), expectation.product);
  if (hasColumnSums) compare(gpu, choice, results.get(columnSums), expectation.columnSums);
}

const deviceOf = ({ adapter, features, limits }: Gpu) => ({
  isSoftware: adapter.isSoftware,
  subgroups: features.has("subgroups"),
  limits,
});

/** Of the numbers: products of neighbours are 40 orders of magnitude apart, and none is below 2^-126. */
const scales = [1, 1e10, 1, 1e-10, 1, -1e10, 1];
/** Of numbers in half precision: float16 ends at 65504, and some are below its 2^-14. */
const halfScales = [1, 1e3, 1, 1e-5, 1, -1e3, 1];

/** An operand of random numbers with NaN wherever no element is. */
function place(
  label: string,
  batch: number,
  rows: number,
  columns: number,
  placing: Placing,
  half?: HalfName,
): { operand: MatmulOperand; data: Floats | Uint32Array<ArrayBuffer>; at: At } {
  const { isTransposed, gaps, isShared = false } = placing;
  const [lines, length] = isTransposed ? [columns, rows] : [rows, columns];
  const [offset, behindLine, behindMatrix] = gaps;
  const rowStride = length + behindLine;
  const stride = lines * rowStride + behindMatrix;
  const batchStride = isShared ? 0 : stride;
  const data: Floats = new Float32Array(offset + stride * (isShared ? 1 : batch)).fill(Number.NaN);
  const numbers = signed(batch * rows * columns, label === "left" ? 1 : 2).map((x, i) =>
    half ? rounded(x * (halfScales[i % 7] as number), half) : x * (scales[i % 7] as number),
  );
  const placeOf = (b: number, i: number, j: number): number =>
    offset + b * batchStride + (isTransposed ? j * rowStride + i : i * rowStride + j);
  for (let b = 0, n = 0; b < batch; b++)
    for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) data[placeOf(b, i, j)] = numbers[n++] as number;
  const stored: Value = { ...value(label, data.length), dtype: half ?? "float32" };
  const operand: MatmulOperand = { value: stored, offset, batchStride, rowStride, isTransposed };
  return {
    operand,
    data: half ? packed(data, half) : data,
    at: (b: number, i: number, j: number) => data[placeOf(b, i, j)] as number,
  };
}

type At = (batch: number, i: number, j: number) => number;

interface Expected {
  values: Floats;
  /** In float64, and how far off it an element may be. */
  exact: Float64Array;
  allowed: Float64Array;
}

/** The sums in order in float32, and in float64. */
function expected({ batch, rows, columns, inner }: MatmulShape, left: At, right: At) {
  const empty = (count: number): Expected => ({
    values: new Float32Array(count),
    exact: new Float64Array(count),
    allowed: new Float64Array(count),
  });
  const product = empty(batch * rows * columns);
  const columnSums = empty(batch * columns);
  const add = ({ values, exact, allowed }: Expected, at: number, x: number, y: number): void => {
    values[at] = (values[at] as number) + Math.fround(x * y);
    exact[at] = (exact[at] as number) + x * y;
    allowed[at] = (allowed[at] as number) + gamma(inner) * Math.abs(x * y);
  };
  for (let b = 0; b < batch; b++)
    for (let j = 0; j < columns; j++) {
      for (let k = 0; k < inner; k++) add(columnSums, b * columns + j, 1, right(b, k, j));
      for (let i = 0; i < rows; i++)
        for (let k = 0; k < inner; k++) add(product, (b * rows + i) * columns + j, left(b, i, k), right(b, k, j));
    }
  return { product, columnSums };
}

/** Higham, "Accuracy and Stability of Numerical Algorithms" (2002), section 3.1: for any order of n products. */
const gamma = (n: number): number => (n * 2 ** -24) / (1 - n * 2 ** -24);

function compare(
  gpu: Gpu,
  choice: MatmulChoice,
  actual: Float32Array | undefined,
  { values, exact, allowed }: Expected,
) {
  if (!actual) return expect.fail("it was not stored");
  if (isSequential(choice)) expectSame(gpu, actual, values, allowed);
  const wrong = actual.findIndex((x, i) => !(Math.abs(x - (exact[i] as number)) <= (allowed[i] as number)));
  if (wrong >= 0) {
    expect.fail(`element ${wrong}: got ${actual[wrong]}, expected ${exact[wrong]} ± ${allowed[wrong]}`);
  }
}

const software = { isSoftware: true, subgroups: true, limits: { maxComputeInvocationsPerWorkgroup: 256 } };

sharedGpuTest.for([sizes(0, 3, 4, 5), sizes(2, 0, 4, 5), sizes(2, 3, 0, 5)])("nothing to store: %o", (shape) => {
  const operand = { value: value("operand", 60), offset: 0, batchStride: 0, rowStride: 5, isTransposed: false };
  expect(matmul(shape, operand, operand, storeProduct(shape, value("product", 0)), software)).toEqual([]);
});

describe("grids that are folded", () => {
  let narrow: Gpu;
  beforeAll(async () => {
    narrow = await openGpu({ limits: { maxComputeWorkgroupsPerDimension: 7 } });
  });
  afterAll(() => narrow.destroy());

  sharedGpuTest.for(choices)("$kernel in $splits", async (choice) => {
    await check(narrow, { shape: sizes(15, 70, 70, 33), left: plain, right: transposed, hasColumnSums: true }, choice);
  });
});
