import { expect } from "vitest";
import { type GatherSizes, gather, gatherGradient } from "../../../src/engine/kernels/gather.ts";
import { randomBits } from "../../../src/numbers/random.ts";
import { float32 } from "../../../src/reference/index.ts";
import * as reference from "../../../src/reference/ops/gather.ts";
import { sharedGpuTest as test } from "../../support/gpuTest.ts";
import { runLaunches } from "../runLaunches.ts";
import { signed } from "../support.ts";
import { floats, words } from "./values.ts";

type Id = (n: number, rows: number) => number;

const anyRow: Id = (n, rows) => randomBits(7, 4, n) % rows;
/** A quarter is a row beyond the last. */
const someBeyond: Id = (n, rows) => randomBits(7, 5, n) % Math.ceil((rows * 4) / 3);
/** Half of all in one row, as words of a language are. */
const skewed: Id = (n, rows) => (n % 2 ? 5 % rows : anyRow(n, rows));

/** [what, sizes, ids, launches of the gradient] */
const table: readonly (readonly [string, GatherSizes, Id, number])[] = [
  ["the embedding of a character transformer", { rows: 80, columns: 128, ids: 1024 }, anyRow, 3],
  ["one number", { rows: 1, columns: 1, ids: 1 }, () => 0, 1],
  ["rows of three", { rows: 5, columns: 3, ids: 11 }, anyRow, 1],
  ["ids that are no rows", { rows: 7, columns: 4, ids: 50 }, someBeyond, 1],
  ["an id as large as there is", { rows: 7, columns: 2, ids: 3 }, (n) => [0xffffffff, 3, 0x80000000][n] as number, 1],
  ["no ids", { rows: 7, columns: 4, ids: 0 }, anyRow, 1],
  ["a table of no rows", { rows: 0, columns: 4, ids: 3 }, () => 0, 0],
  ["many rows", { rows: 3001, columns: 8, ids: 2050 }, skewed, 3],
  ["a table for many ids", { rows: 7, columns: 12, ids: 1301 }, skewed, 1],
  ["many rows of five, and ids that are none", { rows: 1000, columns: 5, ids: 1025 }, someBeyond, 3],
  ["many ids that are all the same", { rows: 300, columns: 3, ids: 3000 }, () => 257, 3],
  ["ids of one bucket", { rows: 2000, columns: 4, ids: 2048 }, (n) => (n % 7) * 256 + 3, 3],
  ["a language's table", { rows: 50_000, columns: 4, ids: 16_384 }, skewed, 3],
];

/** A row's ids, and behind them, up to a whole group of four, ids of the first row that a kernel must not count. */
function idsOf({ rows, ids }: GatherSizes, id: Id): Uint32Array<ArrayBuffer> {
  return Uint32Array.from({ length: Math.ceil(ids / 4) * 4 }, (_, n) => (n < ids ? id(n, rows) : 0));
}

test.for(table)("gather, %s", async ([, sizes, id], { gpu }) => {
  const entries = signed(sizes.rows * sizes.columns, 1);
  const padded = idsOf(sizes, id);
  const ids = padded.subarray(0, sizes.ids);
  const values = {
    table: floats("table", entries.length),
    ids: words("ids", sizes.ids),
    y: floats("y", sizes.ids * sizes.columns),
  };
  const launches = gather(sizes, values);
  expect(launches.length).toBe(sizes.ids ? 1 : 0);
  const given = new Map<typeof values.ids, Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>([
    [values.table, entries],
    [values.ids, padded],
  ]);
  const actual = (await runLaunches(gpu, launches, given)).get(values.y) ?? new Float32Array();
  expect(actual).toEqual(reference.gather(sizes, entries, ids));
});

test.for(table)("gradient of the table, %s", async ([, sizes, id, count], { gpu }) => {
  const dy = signed(sizes.ids * sizes.columns, 2);
  const padded = idsOf(sizes, id);
  const ids = padded.subarray(0, sizes.ids);
  const values = {
    ids: words("ids", sizes.ids),
    dy: floats("dy", dy.length),
    dtable: floats("dtable", sizes.rows * sizes.columns),
  };
  const launches = gatherGradient(sizes, values);
  expect(launches.length).toBe(count);
  const given = new Map<typeof values.ids, Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>([
    [values.ids, padded],
    [values.dy, dy],
  ]);
  const actual = (await runLaunches(gpu, launches, given)).get(values.dtable) ?? new Float32Array();
  // Nothing but additions, in the same order: the same bits on every adapter.
  expect(actual).toEqual(reference.gatherGradient(sizes, ids, dy, float32));
});
