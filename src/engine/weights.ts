import { type Gpu, readSlices, roundUp, type Slice, UsageError } from "../gpu/index.ts";
import {
  type DType,
  elementsOf,
  float,
  type OperationOf,
  parameter,
  type Role,
  type Shape,
  type Tensor,
} from "../graph/index.ts";
import { type Copies, checkCopies, copiedLeaf, seedsOf, strideOf } from "./copies.ts";
import { LeafSlabs, loaded, stored } from "./leafSlabs.ts";
import { initialNumbers, namedParameters, namedStates, type ParameterTree } from "./model.ts";
import { elementBytes } from "./plan/memory.ts";

/** A parameter with its gradient, both of one dtype, each in a slab of its role. */
export interface ParameterSlices {
  /** Its path in the model, such as `blocks.2.attention.qkv.weight`. */
  readonly name: string;
  /** Which copy of the model it belongs to; 0 where there is one. */
  readonly copy: number;
  readonly shape: Shape;
  readonly role: Role;
  readonly dtype: ParameterDType;
  readonly param: Slice;
  readonly grad: Slice;
}

/** Numbers of a tensor on the host. */
export interface NamedNumbers {
  readonly shape: Shape;
  readonly data: Float32Array;
}

/** How a parameter may be stored. */
export type ParameterDType = Exclude<DType, "uint32">;

export interface WeightsOptions {
  readonly seed: number;
  readonly copies?: Copies | undefined;
  /** In how many bits a parameter and its gradient are stored: float32 by default. */
  readonly storage?: ((parameter: { name: string; shape: Shape; role: Role }) => ParameterDType) | undefined;
}

/** One tensor of one copy of the model: where it is, and how it is stored. */
interface Entry {
  readonly name: string;
  readonly copy: number;
  /** Its own leaf in the model. */
  readonly leaf: Tensor;
  readonly dtype: DType;
  readonly slice: Slice;
}

/** What a model is made of, on the GPU: its parameters, room for their gradients, and its states; for all copies of it. */
export class Weights {
  /** In the order of the model, copy by copy. */
  readonly tensors: readonly ParameterSlices[];
  readonly copies: Copies | undefined;
  /** The seed of each copy; of one where the model has none. */
  readonly seeds: readonly number[];
  /** The parameters as they are in memory, with all their copies: what gradients are taken by. */
  readonly leaves: readonly Tensor[];
  /** What the model's own leaves stand for, where there are copies or half precision. */
  readonly standIns = new Map<Tensor, Tensor>();
  readonly #gpu: Gpu;
  readonly #params: LeafSlabs;
  readonly #grads: LeafSlabs;
  readonly #states: LeafSlabs;
  readonly #entries: readonly Entry[];
  readonly #places = new Map<Tensor, Slice>();
  readonly #gradients: readonly Slice[];

  /**
   * With the numbers that the model starts with: the same ones for the same seed, everywhere.
   * @throws UsageError for copies that cannot be, or that are in half precision.
   */
  constructor(gpu: Gpu, model: { readonly parameters: ParameterTree }, { seed, copies, storage }: WeightsOptions) {
    this.#gpu = gpu;
    if (copies) checkCopies(copies);
    this.copies = copies;
    this.seeds = copies ? seedsOf(copies, seed) : [seed];
    const parameters = namedParameters(model);
    const states = namedStates(model);
    const dtypes = new Map<Tensor, ParameterDType>();
    for (const [name, leaf] of parameters)
      dtypes.set(leaf, storage?.({ name, shape: leaf.shape, role: roleOf(leaf) }) ?? "float32");
    if (copies && [...dtypes.values()].some((dtype) => dtype !== "float32")) {
      throw new UsageError("weights: copies are stored in float32 (got half precision). Leave one of the two out.");
    }
    const slabs = (leaves: ReadonlyMap<string, Tensor>, label: string): LeafSlabs => {
      const sizes = [...leaves].map(([name, leaf]) => {
        const elements = copies ? copies.count * strideOf(leaf.shape) : elementsOf(leaf.shape);
        return [name, { elements, dtype: dtypes.get(leaf) ?? ("float32" as const) }] as const;
      });
      return new LeafSlabs(gpu, new Map(sizes), label);
    };
    this.#params = slabs(parameters, "engine/params");
    this.#grads = slabs(parameters, "engine/grads");
    this.#states = slabs(states, "engine/states");
    this.leaves = [...parameters].map(([name, leaf]) => {
      return this.#register(leaf, this.#params.slice(name), dtypes.get(leaf) as ParameterDType);
    });
    for (const [name, leaf] of states) this.#register(leaf, this.#states.slice(name), "float32");
    this.#gradients = [...parameters.keys()].map((name) => this.#grads.slice(name));
    const entriesOf = (leaves: ReadonlyMap<string, Tensor>, of: LeafSlabs) => [...eachCopy(leaves, of, dtypes, copies)];
    const [params, grads] = [entriesOf(parameters, this.#params), entriesOf(parameters, this.#grads)];
    this.tensors = params.map(({ name, copy, leaf, dtype, slice }, i) => {
      const grad = (grads[i] as Entry).slice;
      return { name, copy, shape: leaf.shape, role: roleOf(leaf), dtype: dtype as ParameterDType, param: slice, grad };
    });
    this.#entries = [...params, ...entriesOf(states, this.#states)];
    const streams = new Map([...parameters.values()].map((leaf, stream) => [leaf, stream]));
    for (const { leaf, slice, copy, dtype } of this.#entries) {
      const numbers = initialNumbers(leaf, this.seeds[copy] as number, streams.get(leaf) ?? 0);
      gpu.stream.write(slice, stored(dtype, numbers));
    }
  }

  /** How many numbers there are to be trained. */
  get elements(): number {
    return this.tensors.reduce((sum, { shape }) => sum + elementsOf(shape), 0);
  }

  /** Bytes of the parameters, of their gradients, and of the model's states. */
  get bytes(): { readonly parameters: number; readonly gradients: number; readonly states: number } {
    return { parameters: this.#params.bytes, gradients: this.#grads.bytes, states: this.#states.bytes };
  }

  /** Where a parameter or a state is, with all its copies; undefined where the leaf is none of the model's. */
  place(leaf: Tensor): Slice | undefined {
    return this.#places.get(leaf);
  }

  /** Where the gradient by `leaves[i]` goes. */
  gradient(i: number): Slice {
    return this.#gradients[i] as Slice;
  }

  /** All parameters and states after what was submitted so far, by name, row-major. */
  async read(): Promise<Map<string, NamedNumbers>> {
    const sizes = this.#entries.map(({ leaf, dtype }) => roundUp(elementsOf(leaf.shape) * elementBytes(dtype), 4));
    const slices = this.#entries.map(({ slice }, i) => ({ ...slice, size: sizes[i] as number }));
    const words = await readSlices(this.#gpu, slices);
    const entries = this.#entries.map(({ name, leaf: { shape }, dtype }, i) => {
      return [name, { shape, data: loaded(dtype, elementsOf(shape), words[i] as Float32Array) }] as const;
    });
    return new Map(entries);
  }

  /**
   * Replaces parameters and states by those of the same names and shapes, all or none.
   * @throws RangeError naming what is missing, unknown, or of another shape.
   */
  load(numbers: ReadonlyMap<string, NamedNumbers>): void {
    const unknown = [...numbers.keys()].find((name) => this.#entries.every((own) => own.name !== name));
    if (unknown !== undefined) throw new RangeError(`weights: the model has no "${unknown}". Load its own weights.`);
    for (const { name, leaf } of this.#entries) {
      const given = numbers.get(name);
      if (given?.shape.join() !== leaf.shape.join() || given.data.length !== elementsOf(leaf.shape)) {
        const got = given ? `[${given.shape.join(", ")}] with ${given.data.length} numbers` : "nothing";
        throw new RangeError(`weights: "${name}" does not fit (got ${got}, allowed [${leaf.shape.join(", ")}]).`);
      }
    }
    for (const { name, slice, dtype } of this.#entries) {
      this.#gpu.stream.write(slice, stored(dtype, Float32Array.from((numbers.get(name) as NamedNumbers).data)));
    }
  }

  destroy(): void {
    for (const slabs of [this.#params, this.#grads, this.#states]) slabs.destroy();
  }

  /** Notes where a leaf of the model is; gives the leaf that is in memory for it. */
  #register(leaf: Tensor, slice: Slice, dtype: ParameterDType): Tensor {
    this.#places.set(leaf, slice);
    const standIn = this.copies ? copiedLeaf(leaf, this.copies.count) : dtype !== "float32" && narrowLeaf(leaf, dtype);
    if (!standIn) return leaf;
    this.#places.set(standIn.leaf, slice);
    this.standIns.set(leaf, standIn.tensor);
    return standIn.leaf;
  }
}

const roleOf = ({ node }: Tensor): Role => (node.operation as OperationOf<"parameter">).role;

/** A parameter in half precision: `leaf` is what is in memory, `tensor` what the model sees of it. */
function narrowLeaf(
  { node, shape }: Tensor,
  dtype: ParameterDType,
): { readonly leaf: Tensor; readonly tensor: Tensor } {
  const { role, initial } = node.operation as OperationOf<"parameter">;
  const leaf = parameter(shape, role, initial, dtype);
  return { leaf, tensor: float(leaf) };
}

function* eachCopy(
  leaves: ReadonlyMap<string, Tensor>,
  slabs: LeafSlabs,
  dtypes: ReadonlyMap<Tensor, DType>,
  copies: Copies | undefined,
): Generator<Entry> {
  for (let copy = 0; copy < (copies?.count ?? 1); copy++) {
    for (const [name, leaf] of leaves) {
      const whole = slabs.slice(name);
      const dtype = dtypes.get(leaf) ?? "float32";
      const stride = strideOf(leaf.shape) * 4;
      const own = { buffer: whole.buffer, offset: whole.offset + copy * stride, size: stride };
      yield copies
        ? { name: `copies.${copy}.${name}`, copy, leaf, dtype, slice: own }
        : { name, copy, leaf, dtype, slice: whole };
    }
  }
}
