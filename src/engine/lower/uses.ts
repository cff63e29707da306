import { elementsOf, type Graph, type Node, type Tensor } from "../../graph/index.ts";

const movements = new Set(["reshape", "permute", "slice", "expand"]);
const computations = new Set(["map", "dropout", "concat", "pad"]);

/** Whether a node only says where elements are. */
export const isMovement = ({ operation }: Node): boolean => movements.has(operation.op);

/** Whether a node computes each element from those of its operands at one place, and so can be part of another kernel. */
export const isComputation = ({ operation }: Node): boolean => computations.has(operation.op);

/** Whether a node only says that numbers in half precision are taken for what they are: it is left to whoever loads them. */
export const isWidening = ({ operation, inputs }: Node): boolean => {
  const dtype = inputs[0]?.dtype;
  return operation.op === "map" && operation.fn === "float" && (dtype === "float16" || dtype === "bfloat16");
};

/** Who uses the tensors of a graph, and in whose kernel each node is computed. */
export class Uses {
  readonly #users = new Map<Tensor, Node[]>();
  readonly #sinks = new Map<Node, Node>();
  readonly #requested: ReadonlySet<Tensor>;

  constructor({ nodes, outputs }: Graph) {
    const requested = new Set(outputs);
    for (const output of outputs) {
      for (let { node } = output; node.operation.op === "reshape" || node.operation.op === "pad"; ) {
        const [input] = node.inputs as [Tensor];
        requested.add(input);
        node = input.node;
      }
    }
    this.#requested = requested;
    for (const node of nodes) {
      for (const input of new Set(node.inputs)) this.#users.set(input, [...this.users(input), node]);
    }
    for (const node of nodes.toReversed()) this.#sinks.set(node, this.#sinkOf(node));
  }

  /** The nodes that have the tensor as an operand. */
  users(tensor: Tensor): readonly Node[] {
    return this.#users.get(tensor) ?? [];
  }

  /** Those nodes, looking through what only gives the tensor another shape; without anything that never comes to be. */
  readers(tensor: Tensor): readonly { readonly node: Node; readonly as: Tensor }[] {
    return this.users(tensor).flatMap((node) => {
      return node.operation.op === "reshape" ? this.readers(node.outputs[0] as Tensor) : [{ node, as: tensor }];
    });
  }

  /** Whether somebody outside wants the tensor. */
  isRequested(tensor: Tensor): boolean {
    return this.#requested.has(tensor);
  }

  /** The node whose kernel computes this one: itself, or the one computation or reduction that alone needs it. */
  sink(node: Node): Node {
    return this.#sinks.get(node) ?? node;
  }

  #sinkOf(node: Node): Node {
    if ((!isComputation(node) && !isMovement(node)) || isWidening(node)) return node;
    const [output] = node.outputs as [Tensor];
    if (this.isRequested(output)) return node;
    const sinks = new Set(this.users(output).map((user) => this.#placeIn(user, output)));
    const [only] = sinks;
    return sinks.size === 1 && only ? only : node;
  }

  /** In which kernel a user would take an operand in; undefined where it takes none in. */
  #placeIn(user: Node, operand: Tensor): Node | undefined {
    const { op } = user.operation;
    if (op === "concat" || op === "pad") return undefined; // They take what is in memory.
    if (op === "expand" && elementsOf((user.outputs[0] as Tensor).shape) > 1024 * elementsOf(operand.shape))
      return undefined;
    if (op === "reduce") return user;
    return isComputation(user) || isMovement(user) ? this.#sinkThrough(user) : undefined;
  }

  #sinkThrough(user: Node): Node | undefined {
    const sink = this.sink(user);
    return isMovement(sink) ? undefined : sink;
  }
}
