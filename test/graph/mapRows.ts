import * as g from "../../src/graph/index.ts";
import { randomUniform } from "../../src/numbers/random.ts";
import { KEY, type OpRow } from "./opRow.ts";

/** A rate that lies between two of the numbers that may be drawn, the lower of which the eighth element draws. */
const justAbove = randomUniform(KEY, 0, 7) + 2 ** -26;

const positive = [0.1, 3] as const;
const wide = [-4, 4] as const;
/** Where float32 loses digits, overflows or underflows. */
const extremes = [0, -0, 1e-30, -1e-30, 1e30, -1e30, 88, -88, 104, -104, 5, -5, 1e-4, -1e-4, 12, -12];

type Function1 = (x: g.Tensor) => g.Tensor;
const unaries: readonly (readonly [name: string, fn: Function1, range: readonly [number, number]])[] = [
  ["neg", g.neg, wide],
  ["abs", g.abs, positive],
  ["square", g.square, wide],
  ["sqrt", g.sqrt, positive],
  ["exp", g.exp, wide],
  ["log", g.log, positive],
  ["softplus", g.softplus, wide],
  ["relu", g.relu, positive],
  ["gelu", g.gelu, wide],
  ["geluTanh", g.geluTanh, wide],
  ["silu", g.silu, wide],
  ["tanh", g.tanh, wide],
  ["sigmoid", g.sigmoid, wide],
];

const oneOperand = unaries.flatMap(([name, fn, range]): OpRow[] => [
  { name, leaves: { x: { shape: [3, 5], range } }, build: ({ x }) => fn(x) },
  { name: `${name} of nothing`, leaves: { x: { shape: [0, 3] } }, build: ({ x }) => fn(x) },
]);

const { softplus, relu, gelu, geluTanh, silu, tanh, sigmoid, abs, sign } = g;
const ofExtremes = { softplus, relu, gelu, geluTanh, silu, tanh, sigmoid, abs, sign };
const extreme = Object.entries(ofExtremes).map(([name, fn]): OpRow => {
  return {
    name: `${name} of extremes`,
    leaves: { x: { shape: [16], values: extremes } },
    build: ({ x }) => fn(x),
    withoutGradient: true,
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

const twoOperands = binaries.flatMap(([name, fn]) =>
  broadcasts.map(([a, b]): OpRow => {
    return {
      name: `${name} [${a}] and [${b}]`,
      leaves: { a: { shape: a }, b: { shape: b, range: [0.5, 2] } },
      build: (leaves) => fn(leaves.a, leaves.b),
    };
  }),
);

export const mapRows: readonly OpRow[] = [
  ...oneOperand,
  ...extreme,
  ...twoOperands,
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
