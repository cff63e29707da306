import { layers, type Model, namedParameters, namedStates } from "../../src/engine/index.ts";
import { differentiate, elementsOf, input, mul, sum, type Tensor, trace } from "../../src/graph/index.ts";
import { randomSigned } from "../../src/numbers/random.ts";
import type { LeafRow } from "../graph/opRow.ts";
import { numbersOf } from "../graph/opRow.ts";
import type { Case } from "./torchCases.ts";

/** A layer, and what it is tried on. */
interface LayerRow {
  readonly name: string;
  readonly layer: () => Model;
  readonly x: LeafRow;
  readonly isEvaluated?: true;
}

const tokens: LeafRow = { shape: [2, 5, 6] };
const image: LeafRow = { shape: [2, 4, 5, 6] };
const wide: LeafRow = { shape: [3, 7], range: [-3, 3] };

/** Every layer of src/engine/layers.ts, as scripts/layersOracle.py has it of torch.nn, by name. */
export const layerRows: readonly LayerRow[] = [
  { name: "linear", layer: () => layers.linear(6, 4), x: tokens },
  { name: "linear without bias", layer: () => layers.linear(7, 3, { bias: false }), x: wide },
  { name: "conv2d", layer: () => layers.conv2d(4, 6, 3, { padding: 1 }), x: image },
  { name: "conv2d in groups", layer: () => layers.conv2d(4, 6, [3, 2], { stride: [2, 1], groups: 2 }), x: image },
  { name: "conv2d without bias", layer: () => layers.conv2d(4, 3, 1, { bias: false }), x: image },
  { name: "layerNorm", layer: () => layers.layerNorm(6), x: tokens },
  { name: "rmsNorm", layer: () => layers.rmsNorm(6), x: tokens },
  { name: "batchNorm of rows", layer: () => layers.batchNorm(7), x: wide },
  { name: "batchNorm of images", layer: () => layers.batchNorm(4, { eps: 1e-3, momentum: 0.25 }), x: image },
  { name: "batchNorm in evaluation", layer: () => layers.batchNorm(4), x: image, isEvaluated: true },
  { name: "embedding", layer: () => layers.embedding(5, 3), x: { shape: [2, 4], below: 5 } },
  { name: "attention", layer: () => layers.attention(6, 3), x: tokens },
  { name: "attention, causal", layer: () => layers.attention(6, 2, { isCausal: true }), x: tokens },
  {
    name: "attention, rotary",
    layer: () => layers.attention(8, 2, { isCausal: true, rotary: true }),
    x: { shape: [2, 5, 8] },
  },
  { name: "transformerBlock", layer: () => layers.transformerBlock(6, 2), x: tokens },
  { name: "transformerBlock, causal", layer: () => layers.transformerBlock(6, 3, { isCausal: true }), x: tokens },
  {
    name: "transformerBlock in evaluation",
    layer: () => layers.transformerBlock(6, 3, { isCausal: true, dropout: 0.5 }),
    x: tokens,
    isEvaluated: true,
  },
  { name: "recomputed", layer: () => layers.recomputed(layers.transformerBlock(6, 2)), x: tokens },
  {
    name: "sequential",
    layer: () => layers.sequential(layers.linear(7, 5), layers.relu(), layers.linear(5, 2)),
    x: wide,
  },
  { name: "residual", layer: () => layers.residual(layers.linear(7, 7)), x: wide },
  { name: "relu", layer: layers.relu, x: wide },
  { name: "gelu", layer: layers.gelu, x: wide },
  { name: "silu", layer: layers.silu, x: wide },
  { name: "tanh", layer: layers.tanh, x: wide },
  { name: "sigmoid", layer: layers.sigmoid, x: wide },
  { name: "dropout in evaluation", layer: () => layers.dropout(0.5), x: wide, isEvaluated: true },
  { name: "flatten", layer: layers.flatten, x: image },
  { name: "maxPool2d", layer: () => layers.maxPool2d(3, { stride: 2, padding: 1 }), x: { ...image, range: [-30, 30] } },
  { name: "meanPool2d", layer: () => layers.meanPool2d([2, 3]), x: image },
];

/** A layer as a case: y and the new running statistics, and the gradients of Σ y · weight by x and by all parameters. */
export function layerCase({ name, layer, x: row, isEvaluated }: LayerRow): Case {
  const model = layer();
  const x = input("x", row.shape, row.below === undefined ? "float32" : "uint32");
  const parameters = namedParameters(model);
  const leaves = new Map([["x", x], ...parameters, ...namedStates(model)]);
  const { result, updates } = trace(!isEvaluated, () => {
    const y = model(x);
    const weight = input("weight of output 0", y.shape, "float32");
    const named = [...(x.dtype === "float32" ? [["x", x] as const] : []), ...parameters];
    const found = differentiate(
      sum(mul(y, weight)),
      named.map(([, leaf]) => leaf),
    );
    return { y, weight, gradients: Object.fromEntries(named.map(([of], i) => [of, found[i] as Tensor])) };
  });
  const numbers = new Map<Tensor, Float32Array | Uint32Array>([
    [x, numbersOf({ leaves: { x: row } }).x as Float32Array],
    [result.weight, drawn(result.weight, 100, 0)],
  ]);
  for (const [stream, [path, leaf]] of [...leaves].entries()) {
    if (leaf !== x) numbers.set(leaf, drawn(leaf, stream, startOf(path, leaf)));
  }
  return {
    name,
    leaves,
    outputs: [result.y, ...updates.values()],
    weights: [result.weight],
    gradients: result.gradients,
    numbers,
  };
}

/** Scales and variances are about 1, all else about 0. */
function startOf(path: string, { node: { operation } }: Tensor): number {
  const isScale = operation.op === "parameter" && operation.role === "norm" && path.endsWith("weight");
  return isScale || path.endsWith("runningVariance") ? 1 : 0;
}

const drawn = ({ shape }: Tensor, stream: number, start: number): Float32Array =>
  Float32Array.from({ length: elementsOf(shape) }, (_, i) => start + randomSigned(5, stream, i) / 2);
