import * as g from "../../src/graph/index.ts";
import type { OpRow } from "./opRow.ts";

type Axes = readonly number[] | undefined;
const reductions: readonly (readonly [shape: g.Shape, axes: Axes])[] = [
  [[5], undefined],
  [[3, 5], [0]],
  [[3, 5], [-1]],
  [
    [2, 3, 4],
    [0, 2],
  ],
  [[2, 3, 4], [1]],
  [[1, 6], [0]],
  [[], undefined],
  [
    [2, 3, 2, 3],
    [0, 2, 3],
  ],
];

const reduceRows = reductions.flatMap(([shape, axes]) =>
  Object.entries({ sum: g.sum, mean: g.mean, max: g.max }).map(([name, fn]): OpRow => {
    return {
      name: `${name} of [${shape}] over ${axes ? `[${axes}]` : "all"}`,
      leaves: { x: { shape, range: [-3, 3] } },
      build: ({ x }) => fn(x, axes ? { axes, keepAxes: shape.length === 3 } : {}),
    };
  }),
);

type Product = readonly [a: g.Shape, b: g.Shape, options?: g.MatmulOptions];
const products: readonly Product[] = [
  [
    [3, 4],
    [4, 5],
  ],
  [[4, 3], [4, 5], { transposeA: true }],
  [[3, 4], [5, 4], { transposeB: true }],
  [[4, 3], [5, 4], { transposeA: true, transposeB: true }],
  [
    [1, 1],
    [1, 1],
  ],
  [
    [1, 7],
    [7, 1],
  ],
  [
    [2, 3, 4],
    [4, 5],
  ],
  [[2, 3, 4], [5, 4], { transposeB: true }],
  [[2, 4, 3], [4, 5], { transposeA: true }],
  [[4, 3], [2, 4, 5], { transposeA: true }],
  [
    [2, 1, 3, 4],
    [5, 4, 2],
  ],
  [[2, 1, 4, 3], [3, 2, 4], { transposeA: true, transposeB: true }],
  [
    [0, 3],
    [3, 2],
  ],
  [
    [2, 0],
    [0, 3],
  ],
  [
    [2, 2, 0],
    [0, 3],
  ],
  [
    [2, 3],
    [3, 0],
  ],
];

const matmulRows = products.map(([a, b, options]): OpRow => {
  const how = `${options?.transposeA ? "ᵀ" : ""} · [${b}]${options?.transposeB ? "ᵀ" : ""}`;
  return {
    name: `matmul [${a}]${how}`,
    leaves: { a: { shape: a }, b: { shape: b } },
    build: (leaves) => g.matmul(leaves.a, leaves.b, options),
  };
});

/** As weights are that are stored in half precision: the kernels load them as they are where lines are in fours. */
const halfRows = (["float16", "bfloat16"] as const).flatMap((half): OpRow[] => [
  ...(
    [
      [[3, 8], [8, 12], {}],
      [[2, 3, 8], [12, 8], { transposeB: true }],
      [[3, 5], [5, 7], {}],
    ] as const
  )
    .slice(0, half === "float16" ? 3 : 1)
    .map(([a, b, options]): OpRow => {
      return {
        name: `matmul [${a}] · [${b}]${"transposeB" in options ? "ᵀ" : ""}, the right one in ${half}`,
        leaves: { a: { shape: a }, b: { shape: b, half } },
        build: (leaves) => g.matmul(leaves.a, g.float(leaves.b), options),
      };
    }),
  ...(half === "float16" ? [8, 7] : [8]).map((columns): OpRow => {
    return {
      name: `float of [3,${columns}] in ${half}`,
      leaves: {
        x: { shape: [3, columns], half, values: [0, -0, 65504, -6e4, 1, -1 / 3, 2 ** -14, 1e-5, -6e-8, 3e-5] },
      },
      build: ({ x }) => [g.float(x), g.mul(g.float(x), 3)],
      withoutDifferences: true, // which lose their digits beside 65504
      gate: { units: 0, besideGradient: 4 },
    };
  }),
]);

type View = readonly [name: string, shape: g.Shape, build: (x: g.Tensor) => g.Tensor | readonly g.Tensor[]];
const views: readonly View[] = [
  ["reshape", [3, 4], (x) => g.reshape(x, [2, -1])],
  ["permute", [2, 3, 5], (x) => g.permute(x, [2, 0, 1])],
  ["permute of nothing", [2, 0, 5], (x) => g.permute(x, [2, 0, 1])],
  ["transpose", [2, 3, 5], g.transpose],
  ["slice of the last axis", [3, 7], (x) => g.slice(x, -1, 2, 5)],
  ["slice of the first axis", [5, 3], (x) => g.slice(x, 0, 1, 4)],
  ["slice of nothing", [5, 3], (x) => g.slice(x, 0, 2, 2)],
  ["slices that overlap", [9], (x) => g.mul(g.slice(x, 0, 0, 6), g.slice(x, 0, 3, 9))],
  ["split", [2, 9], (x) => g.split(x, 3, -1)],
  ["split and multiplied", [4, 3], (x) => g.split(x, 2, 0).reduce((a, b) => g.mul(a, b))],
  ["expand", [3, 1], (x) => g.expand(x, [2, 3, 4])],
  ["expand of a number", [], (x) => g.expand(x, [3])],
  ["pad", [2, 3], (x) => g.pad(x, [1, 2], [4, 6])],
];

export const structureRows: readonly OpRow[] = [
  ...reduceRows,
  ...matmulRows,
  ...halfRows,
  ...views.map(([name, shape, build]): OpRow => ({ name, leaves: { x: { shape } }, build: ({ x }) => build(x) })),
  {
    name: "sum of nothing",
    leaves: { x: { shape: [0, 3] } },
    build: ({ x }) => [g.sum(x), g.sum(x, { axes: [0] }), g.sum(x, { axes: [1] })],
  },
  {
    name: "max with ties",
    leaves: { x: { shape: [2, 4], values: [1, 3, 3, 2] } },
    build: ({ x }) => g.max(x, { axes: [1] }),
    withoutDifferences: true,
  },
  {
    name: "concat along the last axis",
    leaves: { a: { shape: [2, 3] }, b: { shape: [2, 1] }, c: { shape: [2, 0] } },
    build: ({ a, b, c }) => g.concat([a, b, c, a], -1),
  },
  {
    name: "concat along the first axis",
    leaves: { a: { shape: [2, 3] }, b: { shape: [1, 3] } },
    build: ({ a, b }) => g.concat([a, b], 0),
  },
];
