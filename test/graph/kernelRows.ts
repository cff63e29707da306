import * as g from "../../src/graph/index.ts";
import type { LeafRow, OpRow } from "./opRow.ts";

const wide = [-3, 3] as const;
const logits = [1e4, -1e4, 0, 1e4, 3, -3, 1e30];

const rowShapes: readonly g.Shape[] = [[1, 1], [3, 5], [2, 3, 8], [7], [0, 4]];
const softmaxRows = rowShapes.flatMap((shape) =>
  Object.entries({ softmax: g.softmax, logSoftmax: g.logSoftmax }).map(([name, fn]): OpRow => {
    return {
      name: `${name} of [${shape}]`,
      leaves: { x: { shape, range: wide } },
      build: ({ x }) => fn(x),
      // x less the largest is rounded, and a sum of eight; the logarithm of that sum is at most 2.
      gate: { units: 16, beside: name === "softmax" ? 0 : 2 },
    };
  }),
);

/** With an eps that shows: a row of one element has a gradient by nothing else. */
const normRows = rowShapes.flatMap((shape): OpRow[] => {
  const x: LeafRow = { shape, range: wide };
  const side: LeafRow = { shape: shape.slice(-1) };
  return [
    {
      name: `layerNorm of [${shape}]`,
      leaves: { x, weight: side, bias: side },
      build: ({ x, weight, bias }) => g.layerNorm(x, weight, bias, 0.1),
    },
    {
      name: `rmsNorm of [${shape}]`,
      leaves: { x, weight: side },
      build: ({ x, weight }) => g.rmsNorm(x, weight, 0.1),
    },
  ];
});

const entropies: readonly (readonly [shape: g.Shape, smoothing: number])[] = [
  [[4, 5], 0],
  [[4, 5], 0.1],
  [[2, 3, 8], 0.3],
  [[1, 1], 0],
  [[3], 0],
  [[0, 3], 0],
];
const crossEntropyRows = entropies.map(([shape, smoothing]): OpRow => {
  return {
    name: `crossEntropy of [${shape}], smoothed by ${smoothing}`,
    leaves: { x: { shape, range: wide }, labels: { shape: shape.slice(0, -1), below: shape.at(-1) as number } },
    build: ({ x, labels }) => g.crossEntropy(x, labels, smoothing),
  };
});

const tables: readonly (readonly [table: g.Shape, ids: g.Shape])[] = [
  [[5, 4], [7]],
  [
    [3, 5],
    [2, 3],
  ],
  [[1, 1], [1]],
  [[4, 3], [0]],
];
const gatherRows = tables.map(([table, ids]): OpRow => {
  return {
    name: `gather from [${table}] by [${ids}]`,
    leaves: { table: { shape: table }, ids: { shape: ids, below: table[0] as number } },
    build: (leaves) => g.gather(leaves.table, leaves.ids),
  };
});

type Heads = readonly [q: g.Shape, times: number, options?: g.AttentionOptions];
const heads: readonly Heads[] = [
  [[2, 5, 2, 4], 5],
  [[2, 5, 2, 4], 5, { isCausal: true }],
  [[1, 1, 1, 1], 1, { isCausal: true }],
  [[1, 3, 1, 6], 7],
  [[1, 4, 3, 2], 4, { isCausal: true, scale: 2 }],
];
const attentionRows = heads.map(([q, times, options]): OpRow => {
  const key: LeafRow = { shape: [q[0] as number, times, ...q.slice(2)] };
  return {
    name: `attention of [${q}] to ${times}${options?.isCausal ? ", causal" : ""}`,
    leaves: { q: { shape: q }, k: key, v: key },
    build: ({ q, k, v }) => g.attention(q, k, v, options),
  };
});

type Images = readonly [x: g.Shape, weight: g.Shape, options?: g.ConvolutionOptions];
const images: readonly Images[] = [
  [[2, 3, 5, 6], [4, 3, 3, 3], { padding: 1 }],
  [[1, 2, 7, 5], [3, 2, 3, 2], { stride: [2, 1], padding: [1, 0] }],
  [[2, 4, 4, 4], [6, 2, 2, 2], { groups: 2, stride: 2 }],
  [[1, 3, 4, 4], [3, 1, 3, 3], { groups: 3, padding: 1 }],
  [
    [1, 1, 1, 1],
    [1, 1, 1, 1],
  ],
  [
    [0, 2, 3, 3],
    [2, 2, 3, 3],
  ],
];
const convolutionRows = images.map(([x, weight, options]): OpRow => {
  return {
    name: `conv2d of [${x}] by [${weight}]${options ? ` ${JSON.stringify(options)}` : ""}`,
    leaves: { x: { shape: x }, weight: { shape: weight } },
    build: (leaves) => g.conv2d(leaves.x, leaves.weight, options),
  };
});

type Pool = readonly [x: g.Shape, window: g.OneOrTwo, options?: g.PoolOptions];
const pools: readonly Pool[] = [
  [[2, 3, 6, 4], 2],
  [[1, 2, 7, 5], 3, { stride: 2, padding: 1 }],
  [[1, 1, 4, 5], [2, 3], { stride: 1 }],
  [[0, 1, 2, 2], 2],
];
const poolRows = pools.flatMap(([shape, window, options]) =>
  Object.entries({ maxPool2d: g.maxPool2d, meanPool2d: g.meanPool2d }).map(([name, fn]): OpRow => {
    return {
      name: `${name} of [${shape}] by ${window}`,
      leaves: { x: { shape, range: [-30, 30] } }, // so that the largest are apart
      build: ({ x }) => fn(x, window, options),
    };
  }),
);

export const kernelRows: readonly OpRow[] = [
  ...softmaxRows,
  ...normRows,
  ...crossEntropyRows,
  ...gatherRows,
  ...attentionRows,
  ...convolutionRows,
  ...poolRows,
  {
    name: "maxPool2d with ties",
    leaves: { x: { shape: [1, 2, 4, 4], values: [1, 3, 3, 2, 3, 0, -1, 3, 2] } },
    build: ({ x }) => g.maxPool2d(x, 3, { stride: 1, padding: 1 }),
    withoutDifferences: true,
  },
  { name: "rotary", leaves: { x: { shape: [2, 5, 3, 4] } }, build: ({ x }) => g.rotary(x) },
  { name: "rotary of pairs", leaves: { x: { shape: [1, 3, 1, 2] } }, build: ({ x }) => g.rotary(x, 100) },
  {
    name: "softmax of extremes",
    leaves: { x: { shape: [2, 7], values: logits } },
    build: ({ x }) => [g.softmax(x), g.logSoftmax(x), g.argmax(x)],
    withoutDifferences: true,
    gate: { units: 16, beside: 2 },
  },
  {
    name: "crossEntropy of extremes",
    leaves: { x: { shape: [3, 6], values: logits.slice(0, 6) }, labels: { shape: [3], below: 9, values: [1, 3, 8] } },
    build: ({ x, labels }) => g.crossEntropy(x, labels, 0.1),
    withoutDifferences: true,
    // The gradient goes by the stored log of the sum of powers, 1e4, whose own unit in the last place is 2^-10.
    gate: { units: 16, beside: 2, besideGradient: 2 ** 10 },
  },
  {
    name: "crossEntropy with labels that are none",
    leaves: { x: { shape: [3, 4] }, labels: { shape: [3], below: 9, values: [3, 4, 0xffffffff] } },
    build: ({ x, labels }) => g.crossEntropy(x, labels, 0.2),
  },
  {
    name: "gather with ids that are none",
    leaves: { table: { shape: [3, 2] }, ids: { shape: [4], below: 9, values: [2, 3, 0, 0xffffffff] } },
    build: ({ table, ids }) => g.gather(table, ids),
  },
  {
    name: "stackIds, with ids that are none",
    leaves: { ids: { shape: [3, 1, 3], below: 9, values: [0, 4, 5, 0xffffffff, 2] } },
    build: ({ ids }) => g.stackIds(ids, 5),
    withoutGradient: true,
  },
  {
    name: "argmax, with ties",
    leaves: { x: { shape: [3, 4], values: [1, 3, 3, 2, -1, -1, -1, -1, 5] } },
    build: ({ x }) => g.argmax(x),
    withoutGradient: true,
  },
];
