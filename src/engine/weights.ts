import { type Gpu, layoutSlab, readSlices, Slab, type Slice } from "../gpu/index.ts";
import { elementsOf, type OperationOf, type Role, type Shape, type Tensor } from "../graph/index.ts";
import { type Copies, copiedLeaf, strideOf } from "./copies.ts";
import { initialNumbers, namedParameters, namedStates, type ParameterTree } from "./model.ts";

/** A parameter with its gradient, both float32, each in a slab of its role. */
export interface ParameterSlices {
  /** Its path in the model, such as `blocks.2.attention.qkv.weight`. */
  readonly name: string;
  /** Which copy of the model it belongs to; 0 where there is one. */
  readonly copy: number;
  readonly shape: Shape;
  readonly role: Role;
  readonly param: Slice;
  readonly grad: Slice;
}

/** Numbers of a tensor on the host. */
export interface NamedNumbers {
  readonly shape: Shape;
  readonly data: Float32Array;
}

/** One tensor of one copy of the model: where it is, and how it starts. */
interface Entry {
  readonly name: string;
  readonly copy: number;
  /** Its own leaf in the model. */
  readonly leaf: Tensor;
  readonly slice: Slice;
}

/** What a model is made of, on the GPU: its parameters, room for their gradients, and its states; for all copies of it. */
export class Weights {
  /** In the order of the model, copy by copy. */
  readonly tensors: readonly ParameterSlices[];
  readonly params: Slab;
  readonly copies: Copies | undefined;
  /** The parameters as they are in memory, with all their copies: what gradients are taken by. */
  readonly leaves: readonly Tensor[];
  /** What the model's own leaves stand for where there are copies. */
  readonly copied = new Map<Tensor, Tensor>();
  readonly #gpu: Gpu;
  readonly #grads: Slab;
  readonly #states: Slab;
  readonly #entries: readonly Entry[];
  readonly #places = new Map<Tensor, Slice>();
  readonly #gradients: readonly Slice[];

  /** With the numbers that the model starts with: the same ones for the same seed, everywhere. */
  constructor(gpu: Gpu, model: { readonly parameters: ParameterTree }, seed: number, copies?: Copies) {
    this.#gpu = gpu;
    this.copies = copies;
    const parameters = namedParameters(model);
    const states = namedStates(model);
    const slab = (leaves: ReadonlyMap<string, Tensor>, label: string): Slab => {
      const count = copies?.count;
      const tensors = [...leaves].map(([name, { shape }]) => {
        return { name, elements: count ? count * strideOf(shape) : elementsOf(shape) };
      });
      return new Slab(gpu.pool, layoutSlab(tensors, gpu.limits.maxBufferSize), label);
    };
    this.params = slab(parameters, "engine/params");
    this.#grads = slab(parameters, "engine/grads");
    this.#states = slab(states, "engine/states");
    this.leaves = [...parameters].map(([name, leaf]) => this.#register(leaf, this.params.slice(name)));
    for (const [name, leaf] of states) this.#register(leaf, this.#states.slice(name));
    this.#gradients = [...parameters.keys()].map((name) => this.#grads.slice(name));
    const entries = [...eachCopy(parameters, this.params, copies)];
    this.tensors = entries.map(({ name, copy, leaf, slice }) => {
      const { role } = leaf.node.operation as OperationOf<"parameter">;
      const grad = { buffer: this.#gradientOf(slice), offset: slice.offset, size: slice.size };
      return { name, copy, shape: leaf.shape, role, param: slice, grad };
    });
    this.#entries = [...entries, ...eachCopy(states, this.#states, copies)];
    const streams = new Map([...parameters.values()].map((leaf, stream) => [leaf, stream]));
    for (const { leaf, slice, copy } of this.#entries) {
      gpu.stream.write(slice, initialNumbers(leaf, copies?.seeds?.[copy] ?? seed + copy, streams.get(leaf) ?? 0));
    }
  }

  /** How many numbers there are to be trained. */
  get elements(): number {
    return this.tensors.reduce((sum, { shape }) => sum + elementsOf(shape), 0);
  }

  /** Bytes of the parameters, of their gradients, and of the states. */
  get bytes(): number {
    const sizes = [this.params, this.#grads, this.#states].flatMap((slab) => slab.whole.map(({ size }) => size));
    return sizes.reduce((sum, size) => sum + size, 0);
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
    const slices = this.#entries.map(({ leaf, slice }) => ({ ...slice, size: elementsOf(leaf.shape) * 4 }));
    const numbers = await readSlices(this.#gpu, slices);
    return new Map(
      this.#entries.map(({ name, leaf }, i) => [name, { shape: leaf.shape, data: numbers[i] as Float32Array }]),
    );
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
    for (const { name, slice } of this.#entries) {
      this.#gpu.stream.write(slice, Float32Array.from((numbers.get(name) as NamedNumbers).data));
    }
  }

  destroy(): void {
    for (const slab of [this.params, this.#grads, this.#states]) slab.destroy();
  }

  /** Notes where a leaf of the model is; gives the leaf that is in memory for it. */
  #register(leaf: Tensor, slice: Slice): Tensor {
    this.#places.set(leaf, slice);
    if (!this.copies) return leaf;
    const { leaf: inMemory, tensor } = copiedLeaf(leaf, this.copies.count);
    this.#places.set(inMemory, slice);
    this.copied.set(leaf, tensor);
    return inMemory;
  }

  /** Slabs of one layout are laid out alike. */
  #gradientOf({ buffer }: Slice): GPUBuffer {
    const i = this.params.whole.findIndex((whole) => whole.buffer === buffer);
    return (this.#grads.whole[i] as Slice).buffer;
  }
}

function* eachCopy(leaves: ReadonlyMap<string, Tensor>, slab: Slab, copies: Copies | undefined): Generator<Entry> {
  for (let copy = 0; copy < (copies?.count ?? 1); copy++) {
    for (const [name, leaf] of leaves) {
      const whole = slab.slice(name);
      const stride = strideOf(leaf.shape) * 4;
      const own = { buffer: whole.buffer, offset: whole.offset + copy * stride, size: stride };
      yield copies ? { name: `copies.${copy}.${name}`, copy, leaf, slice: own } : { name, copy, leaf, slice: whole };
    }
  }
}
