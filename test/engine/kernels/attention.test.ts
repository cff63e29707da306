import { attention, attentionGradient } from "../../../src/engine/kernels/attention.ts";
import type { Value, View } from "../../../src/engine/launch.ts";
import { float32, float64, type Values } from "../../../src/reference/index.ts";
import * as reference from "../../../src/reference/ops/attention.ts";
import { sharedGpuTest } from "../../support/gpuTest.ts";
import { spread, takesAll } from "../../support/spread.ts";
import { runLaunches } from "../runLaunches.ts";
import { signed } from "../support.ts";
import { expectNear, unit } from "./near.ts";
import { f64, value } from "./rowCases.ts";

interface Case {
  readonly what: string;
  readonly batches: number;
  readonly queries: number;
  /** As many as queries where not given, and then causal. */
  readonly keys?: number;
  readonly heads: number;
  readonly depth: number;
  /** How large queries and keys are: their scores go with its square. */
  readonly size?: number;
  /** What would say nothing new of the other kernels. */
  readonly only?: "tiles";
}

const cases: Case[] = [
  { what: "no queries", batches: 2, queries: 0, keys: 3, heads: 2, depth: 4 },
  { what: "no keys", batches: 2, queries: 3, keys: 0, heads: 2, depth: 4 },
  { what: "no batch", batches: 0, queries: 3, heads: 2, depth: 4 },
  { what: "one of everything", batches: 1, queries: 1, heads: 1, depth: 1 },
  { what: "a depth of 8", batches: 2, queries: 9, heads: 3, depth: 8 },
  { what: "a depth of 32", batches: 2, queries: 64, heads: 4, depth: 32 },
  { what: "a depth of 64, queries and keys apart", batches: 1, queries: 33, keys: 71, heads: 2, depth: 64 },
  { what: "a depth in no fours", batches: 2, queries: 37, heads: 3, depth: 7 },
  { what: "a depth of 128", batches: 1, queries: 70, heads: 2, depth: 128, only: "tiles" },
  { what: "a depth of 50", batches: 1, queries: 19, keys: 83, heads: 2, depth: 50, only: "tiles" },
  { what: "a depth of 132", batches: 1, queries: 9, heads: 2, depth: 132, only: "tiles" },
  { what: "tiles of 64", batches: 16, queries: 70, heads: 4, depth: 36, only: "tiles" },
  { what: "tiles of 64, shallow", batches: 16, queries: 70, heads: 4, depth: 8, only: "tiles" },
  { what: "few large scores", batches: 2, queries: 64, heads: 4, depth: 32, size: 60 },
  { what: "all scores alike", batches: 2, queries: 64, heads: 4, depth: 32, size: 0 },
];
const eachWay = cases.flatMap((row) =>
  (row.only ? [false] : [true, false]).map((isSoftware) => ({
    ...row,
    isSoftware,
    by: isSoftware ? "lanes" : "tiles",
  })),
);
/** The largest tiles take some seconds: they are left to `npm run test:all`. */
const chosen = takesAll
  ? eachWay
  : spread(
      eachWay.filter(({ what, by }) => what !== "tiles of 64" || by === "lanes"),
      9,
    );

sharedGpuTest.for(chosen)("$what by $by: $batches × $queries × $heads × $depth", async (row, { gpu }) => {
  const device = { isSoftware: row.isSoftware, limits: gpu.limits };
  const { batches, queries, heads, depth, size = 2 } = row;
  const causal = row.keys === undefined;
  const keys = row.keys ?? queries;
  const shape = { batches, heads, queries, keys, depth, causal, scale: Math.fround(1 / Math.sqrt(depth)) };
  const counts = { q: batches * heads * queries * depth, k: batches * heads * keys * depth };
  const arrays = {
    q: signed(counts.q, 1).map((x) => x * size),
    k: signed(counts.k, 2).map((x) => x * size),
    v: signed(counts.k, 3),
  };
  const given = new Map<Value, Float32Array<ArrayBuffer>>();
  const inputs = causal ? packed(arrays, row, keys, given) : dense(arrays, row, keys, given);
  const [o, lse] = [value("o", counts.q), value("lse", batches * heads * queries)];
  const [dout, dq] = [value("dout", counts.q), value("dq", counts.q)];
  const [dk, dv] = [value("dk", counts.k), value("dv", counts.k)];
  const gradient = signed(counts.q, 4);
  given.set(dout, gradient);

  const exact = { q: f64(arrays.q), k: f64(arrays.k), v: f64(arrays.v) };
  const oracle = reference.attention(exact, shape, float64);
  const slopes = reference.attentionGradient(exact, { o: oracle.o, dout: f64(gradient) }, shape, float64);
  const twin = reference.attention(arrays, shape, float32);
  const twinSlopes = reference.attentionGradient(arrays, { o: twin.o, dout: gradient }, shape, float32);

  const launches = [
    ...attention(shape, inputs, { o, lse }, device),
    ...attentionGradient(shape, inputs, { o, lse }, { dout, dq, dk, dv }, device),
  ];
  const found = await runLaunches(gpu, launches, given);

  // A score is a dot product, good to γ of Σ |q k|, which e^ makes relative; so are lse and the sums of weights.
  const score = unit * (depth + 12) * shape.scale * largestProduct(arrays.q, arrays.k, depth);
  const relative = 2 * score + unit * (2 * keys + 40);
  const nearLse = (i: number) => score + unit * (keys + 20 + 2 * Math.abs(oracle.lse[i] as number));
  // dout · v - delta is at most twice Σ |dout|, and good to γ of that. A query's weights sum to 1; a key's to what a gradient
  // of ones gives its value.
  const steepest = 2 * largestProduct(gradient, gradient.map(Math.sign), depth);
  const nearQuery = () => shape.scale * size * steepest * (relative + unit * (depth + keys + 12));
  const ones = { o: oracle.o, dout: new Float64Array(counts.q).fill(1) };
  const sums = reference.attentionGradient(exact, ones, shape, float64).dv;
  const most = (i: number) => (sums[i] as number) + queries * flushed;
  const nearKey = (i: number) => most(i) * (nearQuery() + unit * size * steepest * queries);
  const nearValue = (i: number) => most(i) * (relative + unit * queries);
  if (keys > 0) expectNear("lse", found.get(lse) ?? [], oracle.lse, nearLse);
  for (const [what, of, expected, approximate, near] of [
    ["o", o, oracle.o, twin.o, () => relative],
    ["dq", dq, slopes.dq, twinSlopes.dq, nearQuery],
    ["dk", dk, slopes.dk, twinSlopes.dk, nearKey],
    ["dv", dv, slopes.dv, twinSlopes.dv, nearValue],
  ] as const) {
    expectNear(what, found.get(of) ?? [], expected, near);
    expectNear(`float32's ${what}`, approximate, expected, near);
  }
});

/** Exponentials of less than -87 are taken for 0. */
const flushed = 2e-38;

/** The largest Σ |a b| over rows of a and b. */
function largestProduct(a: Values, b: Values, depth: number): number {
  const largest = (values: Values): Float64Array => {
    const each = new Float64Array(depth);
    for (const [i, x] of values.entries()) each[i % depth] = Math.max(each[i % depth] as number, Math.abs(x));
    return each;
  };
  const [most, other] = [largest(a), largest(b)];
  return most.reduce((sum, x, i) => sum + x * (other[i] as number), 0);
}

type Arrays = Readonly<Record<"q" | "k" | "v", Float32Array<ArrayBuffer>>>;
type Given = Map<Value, Float32Array<ArrayBuffer>>;

/** Each in a value of its own. */
function dense(arrays: Arrays, { batches, queries, heads, depth }: Case, keys: number, given: Given) {
  const view = (name: keyof Arrays, times: number): View => {
    const own = value(name, arrays[name].length);
    given.set(own, arrays[name]);
    const strides = [times * heads * depth, heads * depth, depth, 1];
    return { value: own, shape: [batches, times, heads, depth], strides, offset: 0 };
  };
  return { q: view("q", queries), k: view("k", keys), v: view("v", keys) };
}

/** All in one value [batches, times, 3, heads, depth]. */
function packed(arrays: Arrays, { batches, queries, heads, depth }: Case, times: number, given: Given) {
  const row = heads * depth;
  const all = new Float32Array(batches * times * 3 * row);
  const own = value("qkv", all.length);
  given.set(own, all);
  const view = (which: number, values: Values): View => {
    for (let from = 0; from < values.length; from += row) {
      all.set(values.subarray(from, from + row), (from / row) * 3 * row + which * row);
    }
    const strides = [times * 3 * row, 3 * row, depth, 1];
    return { value: own, shape: [batches, queries, heads, depth], strides, offset: which * row };
  };
  return { q: view(0, arrays.q), k: view(1, arrays.k), v: view(2, arrays.v) };
}
