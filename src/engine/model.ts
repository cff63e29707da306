import { elementsOf, type OperationOf, type Tensor } from "../graph/index.ts";

/** Parameters and states by where they are in a model; what is left out is `undefined`. */
export type ParameterTree = Tensor | readonly ParameterTree[] | { readonly [name: string]: ParameterTree | undefined };

/** A function of tensors that carries what it is trained by: by default of one tensor, to one. */
export type Model<Arguments extends readonly unknown[] = [x: Tensor], Result = Tensor, Parameters = ParameterTree> = ((
  ...args: Arguments
) => Result) & { readonly parameters: Parameters };

/** What a model can be made of. */
export type Part =
  | Tensor
  | (((...args: never[]) => unknown) & { readonly parameters: ParameterTree })
  | readonly Part[]
  | { readonly [name: string]: Part | undefined };

/** The parameters of parts, in the same places. */
export type ParametersOf<P> = P extends Tensor
  ? P
  : P extends { readonly parameters: infer Parameters }
    ? Parameters
    : { readonly [Key in keyof P]: ParametersOf<P[Key]> };

/**
 * A model out of parts, which are parameters, states and other models, by name or in lists: `call` gets them and what the
 * model is called with. A parameter's name is its path: `blocks.2.attention.qkv.weight`.
 */
export function model<P extends Part, Arguments extends unknown[], Result>(
  parts: P,
  call: (parts: P, ...args: Arguments) => Result,
): Model<Arguments, Result, ParametersOf<P>> {
  const called: unknown = Object.assign((...args: Arguments) => call(parts, ...args), {
    parameters: parametersOf(parts),
  });
  return called as Model<Arguments, Result, ParametersOf<P>>;
}

function parametersOf(part: Part): ParameterTree {
  if (typeof part === "function") return part.parameters;
  if (isTensor(part)) return part;
  if (Array.isArray(part)) return part.map(parametersOf);
  return Object.fromEntries(
    Object.entries(part as Record<string, Part | undefined>).map(([name, inner]) => [
      name,
      inner && parametersOf(inner),
    ]),
  );
}

/** The parameters of a model by name, in its order. What is shared is there once, under its first name. */
export const namedParameters = (model: { readonly parameters: ParameterTree }): Map<string, Tensor> =>
  named(model.parameters, "parameter");

/** The states of a model by name, such as the running means of batch norms. */
export const namedStates = (model: { readonly parameters: ParameterTree }): Map<string, Tensor> =>
  named(model.parameters, "state");

function named(tree: ParameterTree, op: "parameter" | "state"): Map<string, Tensor> {
  const found = new Map<Tensor, string>();
  const visit = (branch: ParameterTree | undefined, path: string): void => {
    if (branch === undefined) return;
    if (isTensor(branch)) {
      if (branch.node.operation.op === op && !found.has(branch)) found.set(branch, path);
      return;
    }
    for (const [name, inner] of Object.entries(branch)) visit(inner, path ? `${path}.${name}` : name);
  };
  visit(tree, "");
  return new Map([...found].map(([tensor, name]) => [name, tensor]));
}

const isTensor = (thing: object): thing is Tensor => "node" in thing && "dtype" in thing;

/** The numbers that a parameter or a state starts with; each parameter of a model has a random stream of its own. */
export function initialNumbers({ node, shape }: Tensor, seed: number, stream: number): Float32Array<ArrayBuffer> {
  const { initial } = node.operation as OperationOf<"parameter" | "state">;
  const count = elementsOf(shape);
  return typeof initial === "number" ? new Float32Array(count).fill(initial) : initial(count, seed, stream);
}
