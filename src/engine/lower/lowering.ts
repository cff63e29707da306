import {
  areEqual,
  elementsOf,
  type Graph,
  type Node,
  type Operation,
  type OperationOf,
  type Shape,
  type Tensor,
} from "../../graph/index.ts";
import type { Launch, Value, View } from "../launch.ts";
import { buildExpression, movementOf } from "./build.ts";
import type { Target } from "./code.ts";
import { type Expression, loadsOf, moveView } from "./expression.ts";
import { mapLaunch } from "./map.ts";
import type { EngineDevice, Request } from "./program.ts";
import { isComputation, isMovement, Uses } from "./uses.ts";
import { isWhole, reshaped, wholeView } from "./views.ts";

/** Storage buffers that a kernel may have on every device. */
const mostBindings = 8;

/** The operations that have kernels of their own. */
export type KernelName = Exclude<
  Operation["op"],
  | ("parameter" | "state" | "input" | "key" | "constant" | "map" | "dropout" | "concat" | "pad")
  | ("reshape" | "permute" | "slice" | "expand")
>;

/** How some operations are lowered. */
export type Lowerings<Names extends Operation["op"]> = {
  readonly [Name in Names]: (lowering: Lowering, node: Node<OperationOf<Name>>) => void;
};

/** A product that is computed together with what follows it: expressions of its result, and the tensors they are. */
export interface Epilogue {
  readonly tensor: Tensor;
  readonly expression: Expression;
  readonly target: Target;
}

/** What has been lowered of a graph so far: which tensors are in memory, and which only expressions. */
export class Lowering {
  readonly uses: Uses;
  readonly launches: Launch[] = [];
  readonly leaves = new Map<Tensor, Value>();
  readonly tables = new Map<Value, Float32Array<ArrayBuffer>>();
  readonly #views = new Map<Tensor, View>();
  readonly #targets = new Map<Tensor, Target>();
  /** What only moves a tensor to where it is wanted. */
  readonly #movedToTargets = new Set<Node>();
  readonly #wantedTwice = new Set<Tensor>();
  readonly #reached = new Set<Value>();
  readonly #done = new Set<Node>();
  readonly #left = new Set<Node>();

  constructor(
    graph: Graph,
    requests: readonly Request[],
    readonly device: EngineDevice,
  ) {
    this.uses = new Uses(graph);
    for (const { tensor, target, isLate } of requests) if (target && !isLate) this.#aim(tensor, target);
  }

  /** Whether a node was lowered together with an earlier one. */
  isDone(node: Node): boolean {
    return this.#done.has(node);
  }

  markDone(node: Node): void {
    this.#done.add(node);
  }

  /** Leaves a node to a kernel that is still to come. */
  leave(node: Node): void {
    this.#left.add(node);
  }

  /** Takes a node that was left, if it was. */
  take(node: Node): boolean {
    return this.#left.delete(node);
  }

  /** Where a tensor is in memory, as it is; undefined where it is not. */
  known(tensor: Tensor): View | undefined {
    return this.#views.get(tensor);
  }

  place(tensor: Tensor, view: View): void {
    this.#views.set(tensor, view);
  }

  /** The value that a tensor is to be written to, dense: where it is wanted, or a new one. It counts as written then. */
  result(tensor: Tensor): Value {
    const target = this.#targetOf(tensor);
    const isPlain = target && !target.accumulates && !target.spread && !isHalf(target.value);
    const value = isPlain ? target.value : this.#fresh(tensor);
    if (isPlain) this.#reached.add(target.value);
    this.#views.set(tensor, wholeView(value, tensor.shape));
    return value;
  }

  /**
   * As `result`, for a kernel that can add to what is there and leave gaps. Where it stores whole groups of four only
   * (`isWide`), it can also store in half precision, two numbers to a word.
   */
  target(tensor: Tensor, isWide: boolean): Target {
    const target = this.#targetOf(tensor);
    const isSplit = target && isHalf(target.value) && !isWide;
    if (!target || isSplit) return { value: this.result(tensor), accumulates: false };
    this.#views.set(tensor, viewOf(target, tensor.shape));
    this.#reached.add(target.value);
    return target;
  }

  /** Whether what was to be written to a target's value is there. */
  isReached({ value }: Target): boolean {
    return this.#reached.has(value);
  }

  /** The tensor in memory, as strides can say. */
  view(tensor: Tensor): View {
    return this.known(tensor) ?? this.#materialize(tensor);
  }

  /** The tensor in memory, dense, from a value's start on. */
  dense(tensor: Tensor): Value {
    const view = this.view(tensor);
    if (isWhole(view)) return view.value;
    const value = this.#fresh(tensor);
    this.emit(...this.mapTo([{ expression: { kind: "load", view }, target: { value, accumulates: false } }], tensor));
    this.#views.set(tensor, wholeView(value, tensor.shape));
    return value;
  }

  emit(...launches: readonly Launch[]): void {
    this.launches.push(...launches);
  }

  /** Computes a tensor by a kernel of its own. */
  compute(tensor: Tensor): void {
    const expression = this.fit(this.expression(tensor), tensor);
    this.emit(...this.mapTo([{ expression, target: this.target(tensor, true) }], tensor));
  }

  mapTo(stores: readonly { expression: Expression; target: Target }[], { shape }: Tensor): Launch[] {
    return mapLaunch(stores, shape);
  }

  /** What a tensor's elements are computed from: what is in memory, through all that need not be. */
  expression(tensor: Tensor): Expression {
    const expression = buildExpression(this, tensor);
    if (!expression)
      throw new RangeError(`lowering: ${tensor.node.operation.op} (at ${tensor.node.where}) comes too late.`);
    return expression;
  }

  /** The expression with parts of it put in memory first, until a kernel with `others` more bindings can load the rest. */
  fit(expression: Expression, tensor: Tensor, others = 1): Expression {
    if (bindingsOf([expression]) + others <= mostBindings || expression.kind !== "map") return expression;
    const operands = expression.operands.map((operand) => {
      if (operand.kind !== "map") return operand;
      const value = this.#fresh(tensor);
      const target = { value, accumulates: false };
      this.emit(...this.mapTo([{ expression: this.fit(operand, tensor), target }], tensor));
      return { kind: "load", view: wholeView(value, tensor.shape) } as const;
    });
    return { ...expression, operands };
  }

  /**
   * Follows a kernel's result through the computations after it that can be done as it is stored, and marks them as done.
   * `own` is how many bindings the kernel has besides; `isWide` says that it stores whole groups of four.
   */
  epilogue(tensor: Tensor, own: number, isWide: boolean): Epilogue[] {
    const results = new Map<Tensor, Expression>([[tensor, { kind: "result" }]]);
    const chain = [tensor];
    const inside = new Set<Node>();
    for (let last: Tensor | undefined = tensor; last; ) {
      const next: Tensor | undefined = this.#absorbable(last, results, inside, own);
      if (next) chain.push(next);
      last = next;
    }
    for (const node of inside) this.markDone(node);
    return this.#kept(chain, inside).map((kept) => {
      return { tensor: kept, expression: results.get(kept) as Expression, target: this.target(kept, isWide) };
    });
  }

  /**
   * The sum of a tensor and one that is in memory, where nothing else needs the tensor: a kernel may compute the sum in its
   * stead, and it counts as done.
   */
  sumAfter(tensor: Tensor): { readonly tensor: Tensor; readonly other: Tensor } | undefined {
    const [reader, ...more] = this.uses.readers(tensor);
    if (!reader || more.length > 0 || this.uses.isRequested(tensor)) return undefined;
    const { operation, inputs, outputs } = reader.node;
    const [sum] = outputs as [Tensor];
    const other = inputs.find((input) => input !== reader.as);
    if (operation.op !== "map" || operation.fn !== "add" || !other || !areEqual(other.shape, sum.shape))
      return undefined;
    if (elementsOf(sum.shape) !== elementsOf(tensor.shape) || !this.known(other)) return undefined;
    this.markDone(reader.node);
    return { tensor: sum, other };
  }

  /** Which of a chain have to be in memory: the last, and what somebody outside of the kernel needs. */
  #kept(chain: readonly Tensor[], inside: ReadonlySet<Node>): Tensor[] {
    return chain.filter((tensor, i) => {
      const isNeeded = this.uses.readers(tensor).some(({ node }) => !inside.has(node));
      return i === chain.length - 1 || isNeeded || this.uses.isRequested(tensor);
    });
  }

  #absorbable(last: Tensor, results: Map<Tensor, Expression>, inside: Set<Node>, own: number): Tensor | undefined {
    for (const { node } of this.uses.readers(last)) {
      const sink = isComputation(node) ? this.uses.sink(node) : node;
      const [output] = sink.outputs as [Tensor];
      if (this.isDone(sink) || inside.has(sink) || !isComputation(sink) || output.dtype !== "float32") continue;
      if (elementsOf(output.shape) !== elementsOf(last.shape)) continue;
      const visited = new Set<Node>();
      const expression = buildExpression(this, output, { results, visited });
      if (!expression) continue;
      const stored = [...results.values(), expression];
      // At worst all of the chain has to be kept.
      if (bindingsOf(stored) + stored.length + own > mostBindings) continue;
      results.set(output, expression);
      for (const each of visited) inside.add(each);
      return output;
    }
    return undefined;
  }

  #materialize(tensor: Tensor): View {
    if (isMovement(tensor.node)) {
      const view = moveView(this.view(tensor.node.inputs[0] as Tensor), movementOf(tensor.node));
      if (view) {
        this.#views.set(tensor, view);
        return view;
      }
    }
    this.compute(tensor);
    return this.view(tensor);
  }

  /** Where a tensor can be written at once. What is needed again cannot: no kernel may read and write parts of one buffer. */
  #targetOf(tensor: Tensor): Target | undefined {
    return this.#isReadAgain(tensor) ? undefined : this.#targets.get(tensor);
  }

  #isReadAgain(tensor: Tensor): boolean {
    const reads = (user: Node) => !this.#movedToTargets.has(user) || this.#isReadAgain(user.outputs[0] as Tensor);
    return this.#wantedTwice.has(tensor) || this.uses.users(tensor).some(reads);
  }

  /** Has a tensor written to a target. What it is only another shape of, or has gaps between, is written there instead. */
  #aim(tensor: Tensor, target: Target): void {
    const { operation, inputs } = tensor.node;
    const [input] = inputs as [Tensor];
    if (operation.op === "reshape" && !this.#targets.has(input)) {
      this.#movedToTargets.add(tensor.node);
      this.#aim(input, target);
    } else if (operation.op === "pad" && !target.spread && hasGaps(operation.before, input.shape, tensor.shape)) {
      this.#movedToTargets.add(tensor.node);
      const spread = { elements: input.shape[1] as number, stride: tensor.shape[1] as number };
      this.#aim(input, { ...target, spread });
    } else if (this.#targets.has(tensor)) this.#wantedTwice.add(tensor);
    else this.#targets.set(tensor, target);
  }

  #fresh({ node, shape, dtype }: Tensor): Value {
    return { label: node.operation.op, elements: elementsOf(shape), dtype: dtype === "uint32" ? dtype : "float32" };
  }
}

const isHalf = ({ dtype }: Value): boolean => dtype === "float16" || dtype === "bfloat16";

/** Whether a matrix is padded at the end of its rows only. */
const hasGaps = (before: readonly number[], shape: Shape, padded: Shape): boolean =>
  shape.length === 2 && before.every((zeros) => zeros === 0) && shape[0] === padded[0];

function viewOf({ value, spread }: Target, shape: Shape): View {
  if (!spread) return wholeView(value, shape);
  const { elements, stride } = spread;
  const rows: View = { value, shape: [elementsOf(shape) / elements, elements], strides: [stride, 1], offset: 0 };
  return reshaped(rows, shape) as View;
}

/** How many bindings the loads of some expressions take at most: two where a value is read in two ways. */
function bindingsOf(expressions: readonly Expression[]): number {
  const kinds = new Set<string>();
  const numbers = new Map<Value, number>();
  for (const view of loadsOf(expressions)) {
    if (!numbers.has(view.value)) numbers.set(view.value, numbers.size);
    kinds.add(`${numbers.get(view.value)} ${isWhole(view)}`);
  }
  return kinds.size;
}
