import { GraphError, show } from "./errors.ts";
import { kernelGradients } from "./gradients/kernels.ts";
import { mapGradients } from "./gradients/map.ts";
import type { GradientRule, GradientRules } from "./gradients/rule.ts";
import { structureGradients } from "./gradients/structure.ts";
import { collect } from "./graph.ts";
import { apply, comingFrom } from "./node.ts";
import type { Operation } from "./operation.ts";
import { constant } from "./ops/leaves.ts";
import { add } from "./ops/map.ts";
import { concat } from "./ops/views.ts";
import { elementsOf, type Node, type Tensor } from "./tensor.ts";

type Leaf = "parameter" | "state" | "input" | "key" | "constant";

const rules: GradientRules<Exclude<Operation["op"], Leaf>> = {
  ...mapGradients,
  ...structureGradients,
  ...kernelGradients,
};

/**
 * The gradients of a loss with respect to leaves, in their order, as tensors of the same graph: reverse-mode differentiation.
 * Zeros where the loss does not depend on a leaf.
 *
 * Source: Griewank & Walther, "Evaluating Derivatives" (2008), chapter 3.
 * @throws GraphError where the loss is not one float32 number.
 */
export function differentiate(loss: Tensor, leaves: readonly Tensor[]): Tensor[] {
  if (elementsOf(loss.shape) !== 1 || loss.dtype !== "float32") {
    const got = `got ${loss.dtype} ${show(loss.shape)}, allowed one float32 number`;
    throw new GraphError(`loss: only a number can be differentiated (${got}). Take its mean or sum.`, loss.node.where);
  }
  const { nodes } = collect([loss]);
  const matters = whatDependsOn(leaves, nodes);
  const again = new Recomputation();
  const contributions = new Map<Tensor, Tensor[]>([[loss, [constant(1, loss.shape)]]]);
  for (const node of nodes.toReversed()) {
    if (!matters.has(node) || node.inputs.length === 0) continue;
    const dys = node.outputs.map((output) => total(contributions.get(output)));
    if (dys.every((dy) => dy === undefined)) continue;
    const rule = rules[node.operation.op as Exclude<Operation["op"], Leaf>] as GradientRule;
    const gradients = comingFrom({ where: node.where, region: undefined }, () => rule(again.of(node), dys));
    for (const [i, gradient] of gradients.entries()) {
      const input = node.inputs[i] as Tensor;
      if (!gradient || !matters.has(input.node)) continue;
      contributions.set(input, [...(contributions.get(input) ?? []), gradient]);
    }
  }
  return leaves.map((leaf) => total(contributions.get(leaf)) ?? constant(0, leaf.shape));
}

function whatDependsOn(leaves: readonly Tensor[], nodes: readonly Node[]): Set<Node> {
  const matters = new Set(leaves.map(({ node }) => node));
  for (const node of nodes) if (node.inputs.some((input) => matters.has(input.node))) matters.add(node);
  return matters;
}

/** The sum of what arrives at a tensor; where the pieces that it was cut into come back, they are put together again. */
function total(parts: readonly Tensor[] | undefined): Tensor | undefined {
  return parts && (joined(parts) ?? parts.reduce((sum, part) => add(sum, part)));
}

function joined(parts: readonly Tensor[]): Tensor | undefined {
  const pieces = parts.flatMap(({ node, shape }) =>
    node.operation.op === "pad" ? [{ before: node.operation.before, piece: node.inputs[0] as Tensor, shape }] : [],
  );
  const [first] = pieces;
  if (!first || pieces.length < parts.length || parts.length < 2) return undefined;
  const axis = first.piece.shape.findIndex((side, i) => side !== first.shape[i]);
  const ordered = pieces.toSorted((a, b) => (a.before[axis] as number) - (b.before[axis] as number));
  let end = 0;
  for (const { before, piece } of ordered) {
    const fits = piece.shape.every((side, i) => i === axis || side === first.shape[i]) && before[axis] === end;
    if (!fits) return undefined;
    end += piece.shape[axis] as number;
  }
  if (end !== first.shape[axis]) return undefined;
  return concat(
    ordered.map(({ piece }) => piece),
    axis,
  );
}

/** Nodes of a region, made again for the backward pass out of what the region was given. */
class Recomputation {
  readonly #made = new Map<Node, Node>();

  /** The node as its gradient should see it. */
  of(node: Node): Node {
    if (!node.region || node.inputs.length === 0) return node;
    const known = this.#made.get(node);
    if (known) return known;
    const inputs = node.inputs.map((input) => {
      if (input.node.region !== node.region) return input;
      return this.of(input.node).outputs[input.output] as Tensor;
    });
    const outputs = apply(node.operation, inputs, node.outputs);
    const made: Node = { ...(outputs[0] as Tensor).node, inputs, outputs };
    this.#made.set(node, made);
    return made;
  }
}
