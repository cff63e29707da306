import { GraphError } from "./errors.ts";
import { collect } from "./graph.ts";
import { apply, comingFrom } from "./node.ts";
import type { Operation, OperationOf } from "./operation.ts";
import { stackIds } from "./ops/gather.ts";
import { matmul } from "./ops/matmul.ts";
import { concat, expand, permute, reshape } from "./ops/views.ts";
import type { Node, Shape, Tensor, TensorType } from "./tensor.ts";

/** A node's operands, each with an axis of copies in front where it has copies. */
interface Operands {
  readonly count: number;
  /** The i-th operand, and its shape for one copy. */
  readonly copied: (i: number) => Tensor;
  readonly operand: (i: number) => { readonly tensor: Tensor; readonly isCopied: boolean };
}

type Rule<O extends Operation> = (node: Node<O>, operands: Operands) => readonly Tensor[];
type Forward = Exclude<
  Operation["op"],
  `${string}Gradient` | "stackIds" | "parameter" | "state" | "input" | "key" | "constant"
>;

/**
 * The same computation for many copies of some leaves at once: `copies` has, for each such leaf, a tensor of the leaf's shape
 * with an axis of copies in front. What does not depend on them stays as it is; everything else gets that axis.
 */
export function vectorize(outputs: readonly Tensor[], copies: ReadonlyMap<Tensor, Tensor>, count: number): Tensor[] {
  const known = new Map(copies);
  for (const node of collect(outputs).nodes) {
    if (!node.inputs.some((input) => known.has(input))) continue;
    const operand = (i: number) => {
      const input = node.inputs[i] as Tensor;
      return { tensor: known.get(input) ?? input, isCopied: known.has(input) };
    };
    const copied = (i: number): Tensor => {
      const { tensor, isCopied } = operand(i);
      return isCopied ? tensor : expand(tensor, [count, ...tensor.shape]);
    };
    const rule = rules[node.operation.op as Forward] as Rule<Operation> | undefined;
    if (!rule)
      throw new GraphError(
        `${node.operation.op}: it has no form for many copies. Differentiate afterwards.`,
        node.where,
      );
    const results = comingFrom(node, () => rule(node, { count, copied, operand }));
    for (const [i, output] of node.outputs.entries()) known.set(output, results[i] as Tensor);
  }
  return outputs.map((output) => known.get(output) ?? expand(output, [count, ...output.shape]));
}

/** Both axes into one, and back. */
function merged(x: Tensor): Tensor {
  const [count, side, ...rest] = x.shape as [number, number, ...number[]];
  return reshape(x, [count * side, ...rest]);
}
function parted(x: Tensor, count: number): Tensor {
  const [side, ...rest] = x.shape as [number, ...number[]];
  return reshape(x, [count, side / count, ...rest]);
}

/** The operation as it is, over operands that all have copies, each result with the copies in front. */
const asItIs: Rule<Operation> = ({ operation, inputs, outputs }, { count, copied }) =>
  apply(
    operation,
    inputs.map((_, i) => copied(i)),
    outputs.map((output) => manyOf(output, count)),
  );

const manyOf = ({ shape, dtype }: TensorType, count: number): TensorType => ({ shape: [count, ...shape], dtype });

/** The operation over batches, with the copies as more of the batch. */
const asBatch: Rule<Operation> = ({ operation, inputs, outputs }, { count, copied }) => {
  const types = outputs.map(({ shape: [side = 1, ...rest], dtype }) => ({ shape: [count * side, ...rest], dtype }));
  return apply(
    operation,
    inputs.map((_, i) => merged(copied(i))),
    types,
  ).map((y) => parted(y, count));
};

/** With axes of 1 behind that of the copies, up to a rank. */
function aligned({ tensor, isCopied }: ReturnType<Operands["operand"]>, rank: number): Tensor {
  const { shape } = tensor;
  if (!isCopied) return tensor;
  const [count, ...rest] = shape as [number, ...number[]];
  return reshape(tensor, [count, ...Array<number>(rank - rest.length).fill(1), ...rest]);
}

const rules: { readonly [Name in Forward]: Rule<OperationOf<Name>> } = {
  map({ operation, inputs, outputs }, { count, operand }) {
    const [output] = outputs as [Tensor];
    const operands = inputs.map((_, i) => aligned(operand(i), output.shape.length));
    return apply(operation, operands, [manyOf(output, count)]);
  },

  dropout: asItIs, // Each copy with a key of its own.

  reduce({ operation, outputs }, { count, copied }) {
    const axes = operation.axes.map((axis) => axis + 1);
    return apply({ ...operation, axes }, [copied(0)], [manyOf(outputs[0] as Tensor, count)]);
  },

  matmul({ operation, inputs }, { operand }) {
    const rank = Math.max(...inputs.map(({ shape }) => shape.length));
    return [matmul(aligned(operand(0), rank), aligned(operand(1), rank), operation)];
  },

  reshape: ({ outputs }, { count, copied }) => [reshape(copied(0), [count, ...(outputs[0] as Tensor).shape])],
  permute: ({ operation: { axes } }, { copied }) => [permute(copied(0), [0, ...axes.map((axis) => axis + 1)])],
  expand: ({ outputs }, { count, copied }) => [expand(copied(0), [count, ...(outputs[0] as Tensor).shape])],
  slice({ operation, outputs }, { count, copied }) {
    return apply(
      { ...operation, starts: [0, ...operation.starts] },
      [copied(0)],
      [manyOf(outputs[0] as Tensor, count)],
    );
  },
  pad({ operation, outputs }, { count, copied }) {
    return apply(
      { ...operation, before: [0, ...operation.before] },
      [copied(0)],
      [manyOf(outputs[0] as Tensor, count)],
    );
  },
  concat: ({ operation, inputs }, { copied }) => [
    concat(
      inputs.map((_, i) => copied(i)),
      operation.axis + 1,
    ),
  ],

  softmax: asItIs,
  crossEntropy: asItIs,
  argmax: asItIs,

  norm({ operation, inputs, outputs }, { count, copied, operand }) {
    const shifts = inputs.slice(1);
    const areShared = shifts.every((_, i) => !operand(i + 1).isCopied);
    const weights = shifts.map((shift, i) => (areShared ? shift : copied(i + 1)));
    return apply(
      operation,
      [copied(0), ...weights],
      outputs.map((output) => manyOf(output, count)),
    );
  },

  gather({ operation, inputs, outputs }, { count, copied, operand }) {
    const [output] = outputs as [Tensor];
    const table = operand(0);
    if (!table.isCopied) return apply(operation, [inputs[0] as Tensor, copied(1)], [manyOf(output, count)]);
    // The tables lie one after the other: one launch for all copies.
    const ids = stackIds(copied(1), (inputs[0] as Tensor).shape[0] as number);
    return apply(operation, [merged(table.tensor), ids], [manyOf(output, count)]);
  },

  attention: asBatch,
  rotary: asBatch,
  pool2d: asBatch,

  conv2d({ operation, outputs }, { count, copied }) {
    // The copies are groups of channels: each group sees its own images and has its own weights.
    const [x, weight] = [copied(0), copied(1)];
    const [, batch, channels, ...plane] = x.shape as [number, number, number, number, number];
    const side = (outputs[0] as Tensor).shape as Shape & readonly [number, number, number, number];
    const wide = reshape(permute(x, [1, 0, 2, 3, 4]), [batch, count * channels, ...plane]);
    const shape = [batch, count * side[1], side[2], side[3]];
    const grouped = { ...operation, groups: operation.groups * count };
    const [y] = apply(grouped, [wide, merged(weight)], [{ shape, dtype: "float32" }]) as [Tensor];
    return [permute(reshape(y, [batch, count, side[1], side[2], side[3]]), [1, 0, 2, 3, 4])];
  },
};
