import type { Value } from "../../../src/engine/launch.ts";
import { signed } from "../support.ts";

/** Rows of numbers; of each there is a case for one lane a row, one for teams of lanes and, if it is long, one for subgroups. */
export interface RowCase {
  readonly what: string;
  readonly rows: number;
  readonly columns: number;
  readonly x?: (value: number, i: number) => number;
}

/** From so many groups a row on, a way is not the one before. */
const ways = [
  { by: "lanes", device: { isSoftware: true, subgroups: true }, fewest: 0 },
  { by: "teams", device: { isSoftware: false, subgroups: false }, fewest: 0 },
  { by: "subgroups", device: { isSoftware: false, subgroups: true }, fewest: 33 },
];

/** Groups of four and not, fewer and more rows than a workgroup takes; sizes recur, for each is compiled. */
export const rowCases = eachWay([
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
  { what: "huge", rows: 70, columns: 68, x: (value) => value * 1e18 },
  { what: "tiny", rows: 70, columns: 67, x: (value) => value * 1e-18 },
  { what: "far below zero", rows: 70, columns: 68, x: (value) => value - 1e6 },
  {
    what: "80 to 95 apart, where exp ends",
    rows: 130,
    columns: 10,
    x: (value, i) => (i % 4 ? -87.5 + 7 * value : 0),
  },
]);

/** Numbers whose squares overflow or vanish: nothing for a norm. */
export const extremeCases = eachWay([
  { what: "1e30 and its like", rows: 70, columns: 68, x: (value) => value * 1e30 },
  { what: "1e-30 and its like", rows: 70, columns: 67, x: (value) => value * 1e-30 },
]);

function eachWay(cases: readonly RowCase[]) {
  return cases.flatMap((row) =>
    ways
      .filter(({ fewest }) => row.columns / (row.columns % 4 ? 1 : 4) >= fewest)
      .map(({ by, device }) => ({ ...row, by, device })),
  );
}

/** The numbers of a case. */
export const numbersOf = ({ rows, columns, x = (value) => value * 5 }: RowCase): Float32Array<ArrayBuffer> =>
  signed(rows * columns, 1).map(x);

/** The largest of the rows' distances between their largest and smallest numbers. */
export function spreadOf(x: Float32Array, columns: number): number {
  let spread = 0;
  for (let at = 0; at < x.length; at += columns) {
    const row = x.subarray(at, at + columns);
    spread = Math.max(spread, row.reduce((a, b) => Math.max(a, b)) - row.reduce((a, b) => Math.min(a, b)));
  }
  return spread;
}

export const value = (label: string, elements: number, dtype: Value["dtype"] = "float32"): Value => {
  return { label, elements, dtype };
};

export const f32 = (values: ArrayLike<number>): Float32Array<ArrayBuffer> => Float32Array.from(values);
export const f64 = (values: ArrayLike<number>): Float64Array => Float64Array.from(values);
