import { collect, elementsOf, type Node, type Tensor } from "../graph/index.ts";
import type { Computed, Implementation } from "./implementation.ts";
import { implementations } from "./implementations.ts";
import type { Round } from "./numerics.ts";
import { type Numbers, valuesFor } from "./ops/numbers.ts";

/** Finds the numbers of a leaf: a parameter, a state, an input or the key. */
export type Leaves = (leaf: Tensor) => Numbers;

/**
 * Computes tensors on the CPU, each operation rounded: `float32` gives the twin of the kernels, with sums in sequential
 * order and transcendental functions computed in float64, and `float64` the oracle. Results may be arrays of the leaves.
 *
 * @throws RangeError where a leaf has not as many numbers as its shape.
 */
export function execute(outputs: readonly Tensor[], leaves: Leaves, round: Round): Numbers[] {
  const { nodes } = collect(outputs);
  const known = new Map<Tensor, Numbers>();
  const wanted = new Set(outputs);
  const dying = lastUses(nodes);
  for (const node of nodes) {
    const results = compute(node, known, leaves, round);
    for (const [i, output] of node.outputs.entries()) known.set(output, results[i] as Numbers);
    for (const tensor of dying.get(node) ?? []) if (!wanted.has(tensor)) known.delete(tensor);
  }
  return outputs.map((output) => known.get(output) as Numbers);
}

/** What each node is the last to need. */
function lastUses(nodes: readonly Node[]): ReadonlyMap<Node, readonly Tensor[]> {
  const last = new Map<Tensor, Node>();
  for (const node of nodes) for (const tensor of [...node.outputs, ...node.inputs]) last.set(tensor, node);
  const dying = new Map<Node, Tensor[]>();
  for (const [tensor, node] of last) dying.set(node, [...(dying.get(node) ?? []), tensor]);
  return dying;
}

function compute(node: Node, known: ReadonlyMap<Tensor, Numbers>, leaves: Leaves, round: Round): readonly Numbers[] {
  const { operation, inputs, outputs } = node;
  const output = outputs[0] as Tensor;
  if (operation.op === "constant") return [filled(output, round(operation.value), round)];
  if (inputs.length === 0) return [given(output, leaves(output), round)];
  const implementation = implementations[operation.op as Computed] as Implementation;
  const results = implementation({
    operation,
    operands: inputs.map((input) => known.get(input) as Numbers),
    shapes: inputs.map(({ shape }) => shape),
    to: output.shape,
    round,
  });
  return Array.isArray(results) ? results : [results as Numbers];
}

const filled = ({ shape }: Tensor, value: number, round: Round): Numbers =>
  valuesFor(round, elementsOf(shape)).fill(value);

/** A leaf's numbers, in the precision that the rest is in. */
function given({ node, shape, dtype }: Tensor, numbers: Numbers, round: Round): Numbers {
  const count = elementsOf(shape);
  if (numbers.length !== count) {
    const { operation } = node;
    const thing = operation.op === "input" ? `input "${operation.name}"` : operation.op;
    const got = `got ${numbers.length}, allowed ${count} for [${shape.join(", ")}]`;
    throw new RangeError(`${thing}: a wrong number of elements (${got}). Pass them all.`);
  }
  if (dtype === "uint32") return numbers instanceof Uint32Array ? numbers : Uint32Array.from(numbers);
  const values = valuesFor(round, count);
  return numbers.constructor === values.constructor ? numbers : values.map((_, i) => round(numbers[i] as number));
}
