import { areEqual, elementsOf, type Node, type Tensor } from "../../graph/index.ts";
import type { Value, View } from "../launch.ts";
import { type Expression, type Movement, moveExpression, moveView } from "./expression.ts";
import { isComputation, isMovement, isWidening, type Uses } from "./uses.ts";
import { wholeView } from "./views.ts";

/** Which tensors are in memory, and the means to put them there. */
export interface Memory {
  readonly uses: Uses;
  known(tensor: Tensor): View | undefined;
  view(tensor: Tensor): View;
  dense(tensor: Tensor): Value;
}

/** A kernel whose result goes on: nothing may be put in memory for an expression in it. */
export interface Inside {
  /** What the kernel has already. */
  readonly results: ReadonlyMap<Tensor, Expression>;
  /** Gets the nodes that the expression computes. */
  readonly visited: Set<Node>;
}

/**
 * The expression of a tensor over what is in memory. What cannot be expressed is put there first; inside of a kernel the
 * answer is undefined instead.
 */
export function buildExpression(memory: Memory, tensor: Tensor, inside?: Inside): Expression | undefined {
  return new Builder(memory, memory.uses.sink(tensor.node), inside).build(tensor);
}

/** Where a movement takes elements. */
export function movementOf({ operation, outputs }: Node): Movement {
  const { shape } = outputs[0] as Tensor;
  if (operation.op === "permute") return operation;
  if (operation.op === "slice") return { ...operation, shape };
  if (operation.op === "reshape" || operation.op === "expand") return { op: operation.op, shape };
  throw new RangeError(`${operation.op} is no movement.`);
}

class Builder {
  readonly #memory: Memory;
  readonly #root: Node;
  readonly #inside: Inside | undefined;
  readonly #made: Map<Tensor, Expression>;

  constructor(memory: Memory, root: Node, inside: Inside | undefined) {
    this.#memory = memory;
    this.#root = root;
    this.#inside = inside;
    this.#made = new Map(inside?.results);
  }

  build(tensor: Tensor): Expression | undefined {
    const known = this.#made.get(tensor);
    if (known) return known;
    const made = this.#make(tensor);
    if (made) this.#made.set(tensor, made);
    return made;
  }

  #make(tensor: Tensor): Expression | undefined {
    const { node } = tensor;
    const view = this.#memory.known(tensor);
    if (view) return { kind: "load", view };
    if (node.operation.op === "constant") return { kind: "number", value: node.operation.value };
    if (isMovement(node)) return this.#moved(node.inputs[0] as Tensor, movementOf(node));
    if (isWidening(node)) return this.#computation(node);
    if (!isComputation(node) || (this.#inside && this.#memory.uses.sink(node) !== this.#root)) return undefined;
    this.#inside?.visited.add(node);
    return this.#computation(node);
  }

  /** A tensor under other indices; put in memory first where only there they can be changed. */
  #moved(tensor: Tensor, movement: Movement): Expression | undefined {
    const expression = this.build(tensor);
    const moved = expression && moveExpression(expression, movement);
    if (moved || this.#inside) return moved;
    const view = moveView(wholeView(this.#memory.dense(tensor), tensor.shape), movement);
    return view && { kind: "load", view };
  }

  #computation(node: Node): Expression | undefined {
    const { operation, inputs, outputs } = node;
    const { shape } = outputs[0] as Tensor;
    if (operation.op === "map") {
      const operands = inputs.map((input) =>
        areEqual(input.shape, shape) ? this.build(input) : this.#moved(input, { op: "expand", shape }),
      );
      if (!operands.every((operand) => operand !== undefined)) return undefined;
      return { kind: "map", fn: operation.fn, operands };
    }
    if (operation.op === "dropout") {
      const [x, key] = inputs as [Tensor, Tensor];
      const { rate, stream } = operation;
      const kept = this.build(x);
      const part = elementsOf(shape) / elementsOf(key.shape);
      return kept && { kind: "dropout", x: kept, key: this.#memory.view(key), part, rate, stream };
    }
    return this.#inside ? undefined : this.#pieces(node);
  }

  #pieces({ operation, inputs, outputs }: Node): Expression | undefined {
    const { shape } = outputs[0] as Tensor;
    const views = inputs.map((input) => this.#memory.view(input));
    if (operation.op === "pad") {
      return { kind: "pieces", shape, pieces: views.map((view) => ({ starts: operation.before, view })) };
    }
    if (operation.op !== "concat") return undefined;
    const { axis } = operation;
    let start = 0;
    const pieces = views.map((view) => {
      const starts = shape.map((_, i) => (i === axis ? start : 0));
      start += view.shape[axis] as number;
      return { starts, view };
    });
    return { kind: "pieces", shape, pieces };
  }
}
