import { collect, elementsOf, type Node, type Tensor } from "../../graph/index.ts";
import type { Value } from "../launch.ts";
import type { Expression } from "./expression.ts";
import { kernels } from "./kernels.ts";
import { type KernelName, Lowering } from "./lowering.ts";
import type { EngineDevice, Program, Request } from "./program.ts";
import { isComputation, isMovement, isWidening } from "./uses.ts";
import { wholeView } from "./views.ts";

/**
 * Lowers the graph of some tensors to launches: chains of functions of single elements become one kernel, or the end of the
 * kernel before them.
 */
export function lower(requests: readonly Request[], device: EngineDevice): Program {
  const graph = collect(requests.map(({ tensor }) => tensor));
  const lowering = new Lowering(graph, requests, device);
  for (const node of graph.nodes) if (!lowering.isDone(node)) lowerNode(lowering, node);
  const results = new Map(requests.map((request) => [request.tensor, settle(lowering, request)]));
  return {
    nodes: graph.nodes.length,
    launches: lowering.launches,
    leaves: lowering.leaves,
    tables: lowering.tables,
    results,
  };
}

function lowerNode(lowering: Lowering, node: Node): void {
  const { operation, outputs } = node;
  const [output] = outputs as [Tensor];
  switch (operation.op) {
    case "constant":
      return;
    case "parameter":
    case "state":
    case "input":
    case "key": {
      const { shape, dtype } = output;
      const value = { label: operation.op, elements: elementsOf(shape), dtype };
      lowering.leaves.set(output, value);
      lowering.place(output, wholeView(value, shape));
      return;
    }
  }
  if (isMovement(node)) return; // It is computed with whoever asks for it.
  if (isComputation(node)) {
    const isOnlyPadding = operation.op === "pad" && lowering.uses.users(output).length === 0;
    if (lowering.uses.sink(node) === node && !isOnlyPadding && !isWidening(node)) lowering.compute(output);
    return;
  }
  const kernel = kernels[operation.op as KernelName] as unknown as (lowering: Lowering, node: Node) => void;
  kernel(lowering, node);
  lowering.markDone(node);
}

/** Sees to it that a tensor is where it is wanted. */
function settle(lowering: Lowering, { tensor, target, isLate = false }: Request): Value {
  if (!target) return lowering.dense(tensor);
  if (lowering.isReached(target)) return target.value;
  const copied = (): Expression => ({ kind: "load", view: wholeView(lowering.dense(tensor), tensor.shape) });
  const expression = isLate ? copied() : lowering.expression(tensor);
  lowering.emit(...lowering.mapTo([{ expression, target }], tensor));
  return target.value;
}
