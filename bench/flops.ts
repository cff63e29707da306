/** The arithmetic of a training step, counted from its graph. Pure. */
import { leavesOf, type Model, namedParameters } from "../src/engine/index.ts";
import { collect, differentiate, elementsOf, type Node, type OperationOf, sum, trace } from "../src/graph/index.ts";
import type { Task } from "../src/train/tasks/index.ts";

/** Multiplications and additions of a step's products. */
export interface StepFlops {
  readonly forward: number;
  readonly backward: number;
}

/** Of a task's step, without its update. What is computed twice to save memory counts once. */
export function flopsOfStep({ model, batch, loss }: Pick<Task, "model" | "batch" | "loss">): StepFlops {
  const leaves = leavesOf(batch);
  const { result } = trace(true, () => loss(model as Model, leaves));
  const forward = flopsOf(collect([result.loss]).nodes);
  const gradients = differentiate(sum(result.loss), [...namedParameters(model).values()]);
  return { forward, backward: flopsOf(collect([result.loss, ...gradients]).nodes) - forward };
}

/** 2 · rows · columns · inner for each product, convolutions and attention as the products that they are; nothing else counts. */
export const flopsOf = (nodes: readonly Node[]): number => nodes.reduce((total, node) => total + flopsOfNode(node), 0);

function flopsOfNode(node: Node): number {
  const { operation } = node;
  switch (operation.op) {
    case "matmul": {
      const a = shapeOf(node, 0);
      const inner = a.at(operation.transposeA ? -2 : -1) as number;
      return 2 * inner * elementsOf(node.outputs[0]?.shape ?? []);
    }
    case "attention":
      return 2 * attentionProduct(node, operation);
    case "attentionGradient":
      return 4 * attentionProduct(node, operation);
    case "conv2d":
      return convolution(shapeOf(node, 1), node.outputs[0]?.shape ?? []);
    case "conv2dInputGradient":
      return convolution(shapeOf(node, 1), shapeOf(node, 0));
    case "conv2dWeightGradient":
      return convolution(node.outputs[0]?.shape ?? [], shapeOf(node, 1));
    default:
      return 0;
  }
}

const shapeOf = (node: Node, input: number): readonly number[] => node.inputs[input]?.shape ?? [];

/** Each element of y [B, O, H, W] takes the weight's [C / groups, KH, KW] products. */
const convolution = (weight: readonly number[], y: readonly number[]): number =>
  2 * elementsOf(weight.slice(1)) * elementsOf(y);

/** One of attention's products, queries by keys by the size of a head: of a causal one what lies on and below the diagonal. */
function attentionProduct(node: Node, { isCausal }: OperationOf<"attention" | "attentionGradient">): number {
  const [B = 0, T = 0, H = 0, D = 0] = shapeOf(node, 0);
  const S = shapeOf(node, 1)[1] ?? 0;
  return 2 * B * H * D * (isCausal ? (T * (T + 1)) / 2 : T * S);
}
