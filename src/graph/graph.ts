import type { Node, Tensor } from "./tensor.ts";

/** All that is computed for some tensors. */
export interface Graph {
  readonly outputs: readonly Tensor[];
  /** In an order in which each has its operands ahead of it: that of their making. */
  readonly nodes: readonly Node[];
}

/** The graph of some tensors: what they depend on, and nothing else. */
export function collect(outputs: readonly Tensor[]): Graph {
  const found = new Set<Node>();
  const open = outputs.map(({ node }) => node);
  for (let node = open.pop(); node; node = open.pop()) {
    if (found.has(node)) continue;
    found.add(node);
    open.push(...node.inputs.map((input) => input.node));
  }
  return { outputs, nodes: [...found].sort((a, b) => a.id - b.id) };
}
