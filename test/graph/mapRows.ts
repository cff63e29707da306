import * as g from "../../src/graph/index.ts";
import { randomUniform } from "../../src/numbers/random.ts";
import { type Gate, KEY, type LeafRow, type OpRow } from "./opRow.ts";

/** A rate that lies between two of the numbers that may be drawn, the lower of which the eighth element draws. */
const justAbove = randomUniform(KEY, 0, 7) + 2 ** -26;

const positive = [0.1, 3] as const;
const wide = [-4, 4] as const;
/** Where float32 loses digits, overflows or underflows; as many as the other rows have, whose kernels then do for them. */
const extremes = [0, -0, 1e-30, 1e30, -1e30, 3e38, 6e19, -6e19, 88.5, -88, 104, -104, 5, -5, -12];

type Function1 = (x: g.Tensor) => g.Tensor;
interface Unary {
  readonly fn: Function1;
  readonly x: Omit<LeafRow, "shape">;
  /**
   * Twice the units in the last place that test/engine/kernels/functions.test.ts holds the function to, and one for the
   * executor's rounding. Of what IEEE rounds correctly there are none.
   */
  readonly units: number;
}
const unaries: Readonly<Record<string, Unary>> = {
  neg: { fn: g.neg, x: { range: wide }, units: 0 },
  abs: { fn: g.abs, x: { range: positive, hasBothSigns: true }, units: 0 },
  square: { fn: g.square, x: { range: wide }, units: 0 },
  sqrt: { fn: g.sqrt, x: { range: positive }, units: 0 },
  exp: { fn: g.exp, x: { range: wide }, units: 4 },
  log: { fn: g.log, x: { range: positive }, units: 5 },
  softplus: { fn: g.softplus, x: { range: wide }, units: 6 },
  relu: { fn: g.relu, x: { range: positive, hasBothSigns: true }, units: 0 },
  gelu: { fn: g.gelu, x: { range: wide }, units: 14 },
  // At -5 the exponent, 17, is off by four roundings.
  geluTanh: { fn: g.geluTanh, x: { range: wide }, units: 4 * 17 + 9 },
  silu: { fn: g.silu, x: { range: wide }, units: 7 },
  tanh: { fn: g.tanh, x: { range: wide }, units: 6 },
  sigmoid: { fn: g.sigmoid, x: { range: wide }, units: 6 },
};

/** Gradients are a product or two more of what has the function's error. */
const gateOf = (units: number): Gate => ({ units: units + 4 });

const oneOperand = Object.entries(unaries).flatMap(([name, { fn, x, units }]): OpRow[] => [
  { name, leaves: { x: { shape: [3, 5], ...x } }, build: ({ x }) => fn(x), gate: gateOf(units) },
  { name: `${name} of nothing`, leaves: { x: { shape: [0, 3] } }, build: ({ x }) => fn(x) },
]);

const { neg: _, ...curved } = unaries;
const extreme = Object.entries({ ...curved, sign: { fn: g.sign, units: 0 } }).map(([name, { fn, units }]): OpRow => {
  return {
    name: `${name} of extremes`,
    leaves: { x: { shape: [3, 5], values: extremes } },
    build: ({ x }) => fn(x),
    withoutDifferences: true,
    gate: gateOf(units),
  };
});

type Function2 = (a: g.Tensor, b: g.Tensor) => g.Tensor;
const binaries: readonly (readonly [name: string, fn: Function2])[] = [
  ["add", g.add],
  ["sub", g.sub],
  ["mul", g.mul],
  ["div", g.div],
  ["maximum", g.maximum],
  ["minimum", g.minimum],
];
const broadcasts: readonly (readonly [a: g.Shape, b: g.Shape])[] = [
  [
    [3, 5],
    [3, 5],
  ],
  [[3, 5], [5]],
  [
    [3, 1],
    [1, 5],
  ],
  [
    [2, 3, 4],
    [3, 1],
  ],
  [[], [7]],
  [[1, 1], [2]],
  [[0, 4], [1]],
];

/** The gradients of what is broadcast are sums of up to 12 terms, each 4 at most. */
const ofSums: Gate = { units: 4, besideGradient: 48 };

const twoOperands = binaries.flatMap(([name, fn]) =>
  broadcasts.map(([a, b]): OpRow => {
    return {
      name: `${name} [${a}] and [${b}]`,
      leaves: { a: { shape: a }, b: { shape: b, range: [0.5, 2] } },
      build: (leaves) => fn(leaves.a, leaves.b),
      gate: ofSums,
    };
  }),
);
/** Pairs whose sum, product or quotient is too large or too small, which cancel, or which are the same. */
const pairs: readonly (readonly [a: number, b: number])[] = [
  ...([
    [0, 0],
    [-0, 0],
    [1, 0],
    [-1, 0],
    [0, -3],
    [1e30, 1e30],
    [1e30, -1e30],
    [-1e30, 1e10],
    [3e38, 3e38],
  ] as const),
  ...([
    [-3e38, 3e38],
    [1e-30, 1e-30],
    [1e-30, 1e30],
    [1e30, 1e-30],
    [1 + 2 ** -23, 1],
    [5, 5],
  ] as const),
];
const extremePairs = binaries.map(([name, fn]): OpRow => {
  const shape = [3, 5];
  return {
    name: `${name} of extremes`,
    leaves: { a: { shape, values: pairs.map(([a]) => a) }, b: { shape, values: pairs.map(([, b]) => b) } },
    build: (leaves) => fn(leaves.a, leaves.b),
    withoutDifferences: true,
    gate: { units: 4, besideGradient: 0 },
  };
});

/** What PyTorch takes for the slope where there is none. */
const kinks: readonly OpRow[] = [
  ...Object.entries({ relu: g.relu, abs: g.abs }).map(([name, fn]): OpRow => {
    return {
      name: `${name} of 0 and its neighbours`,
      leaves: { x: { shape: [3, 5], values: [0, -0, 1, -1] } },
      build: ({ x }) => fn(x),
      withoutDifferences: true,
      gate: gateOf(0),
    };
  }),
  ...Object.entries({ maximum: g.maximum, minimum: g.minimum }).map(([name, fn]): OpRow => {
    return {
      name: `${name} of ties`,
      leaves: { a: { shape: [3, 5], values: [1, 2, 3, 2, 0, -1] }, b: { shape: [5], values: [1, 3, 2] } },
      build: ({ a, b }) => fn(a, b),
      withoutDifferences: true,
      gate: ofSums,
    };
  }),
];

export const mapRows: readonly OpRow[] = [
  ...oneOperand,
  ...extreme,
  ...twoOperands,
  ...extremePairs,
  ...kinks,
  {
    name: "where",
    leaves: { a: { shape: [3, 5] }, b: { shape: [5] }, at: { shape: [3, 1], values: [1, 0.5, -1] } },
    build: ({ a, b, at }) => g.where(g.less(0, at), a, b),
  },
  {
    name: "less and equal, with ties",
    leaves: { a: { shape: [8], values: [1, 2, 3, -0] }, b: { shape: [8], values: [1, 3, 2, 0, 2] } },
    build: ({ a, b }) => [g.less(a, b), g.equal(a, b)],
    withoutGradient: true,
  },
  {
    name: "float and equal of indices",
    leaves: { a: { shape: [9], below: 4 }, b: { shape: [9], below: 4 } },
    build: ({ a, b }) => [g.float(a), g.equal(a, b)],
    withoutGradient: true,
  },
  {
    name: "an operand used three times",
    leaves: { x: { shape: [6], range: positive } },
    build: ({ x }) => g.mul(g.add(x, g.square(x)), x),
  },
  {
    name: "a chain with a residual",
    leaves: { x: { shape: [2, 7] }, weight: { shape: [7] } },
    build: ({ x, weight }) => g.add(x, g.gelu(g.mul(g.tanh(x), weight))),
  },
  {
    name: "dropout",
    leaves: { x: { shape: [5, 33] } },
    build: ({ x }) => [g.dropout(x, 0.3), g.dropout(g.square(x), 0.75)],
  },
  { name: "dropout just above a draw", leaves: { x: { shape: [9] } }, build: ({ x }) => g.dropout(x, justAbove) },
];
