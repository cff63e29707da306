import { type Gpu, layoutSlab, readSlices, Slab, type Slice } from "../gpu/index.ts";
import { elementsOf, type OperationOf, type Role, type Shape, type Tensor } from "../graph/index.ts";
import { initialNumbers, namedParameters, namedStates, type ParameterTree } from "./model.ts";

/** A parameter with its gradient, both float32, each in a slab of its role. */
export interface ParameterSlices {
  /** Its path in the model, such as `blocks.2.attention.qkv.weight`. */
  readonly name: string;
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

/** What a model is made of, on the GPU: its parameters, room for their gradients, and its states. */
export class Weights {
  /** In the order of the model. */
  readonly tensors: readonly ParameterSlices[];
  readonly params: Slab;
  readonly #gpu: Gpu;
  readonly #grads: Slab;
  readonly #states: Slab;
  readonly #leaves: ReadonlyMap<string, Tensor>;
  readonly #stateLeaves: ReadonlyMap<string, Tensor>;

  /** With the numbers that the model starts with: the same ones for the same seed, everywhere. */
  constructor(gpu: Gpu, model: { readonly parameters: ParameterTree }, seed: number) {
    this.#gpu = gpu;
    this.#leaves = namedParameters(model);
    this.#stateLeaves = namedStates(model);
    const slab = (leaves: ReadonlyMap<string, Tensor>, label: string): Slab => {
      const tensors = [...leaves].map(([name, { shape }]) => ({ name, elements: elementsOf(shape) }));
      return new Slab(gpu.pool, layoutSlab(tensors, gpu.limits.maxBufferSize), label);
    };
    this.params = slab(this.#leaves, "engine/params");
    this.#grads = slab(this.#leaves, "engine/grads");
    this.#states = slab(this.#stateLeaves, "engine/states");
    this.tensors = [...this.#leaves].map(([name, { shape, node }]) => {
      const { role } = node.operation as OperationOf<"parameter">;
      return { name, shape, role, param: this.params.slice(name), grad: this.#grads.slice(name) };
    });
    for (const [stream, [name, leaf]] of [...this.#leaves].entries()) {
      gpu.stream.write(this.params.slice(name), initialNumbers(leaf, seed, stream));
    }
    for (const [name, leaf] of this.#stateLeaves)
      gpu.stream.write(this.#states.slice(name), initialNumbers(leaf, seed, 0));
  }

  /** The parameters as leaves of the model's graphs, in the order of `tensors`. */
  get leaves(): readonly Tensor[] {
    return [...this.#leaves.values()];
  }

  /** How many numbers there are to be trained. */
  get elements(): number {
    return this.leaves.reduce((sum, { shape }) => sum + elementsOf(shape), 0);
  }

  /** Bytes of the parameters, of their gradients, and of the states. */
  get bytes(): number {
    const sizes = [this.params, this.#grads, this.#states].flatMap((slab) => slab.whole.map(({ size }) => size));
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  /** Where a parameter or a state is; undefined where the leaf is none of the model's. */
  place(leaf: Tensor): Slice | undefined {
    for (const [name, known] of this.#leaves) if (known === leaf) return this.params.slice(name);
    for (const [name, known] of this.#stateLeaves) if (known === leaf) return this.#states.slice(name);
    return undefined;
  }

  /** Where the gradient of the i-th parameter goes. */
  gradient(i: number): Slice {
    return (this.tensors[i] as ParameterSlices).grad;
  }

  /** All parameters and states after what was submitted so far, by name, row-major. */
  async read(): Promise<Map<string, NamedNumbers>> {
    const all = this.#all();
    const slices = all.map(({ shape, slice }) => ({ ...slice, size: elementsOf(shape) * 4 }));
    const numbers = await readSlices(this.#gpu, slices);
    return new Map(all.map(({ name, shape }, i) => [name, { shape, data: numbers[i] as Float32Array }]));
  }

  /**
   * Replaces parameters and states by those of the same names and shapes, all or none.
   * @throws RangeError naming what is missing, unknown, or of another shape.
   */
  load(numbers: ReadonlyMap<string, NamedNumbers>): void {
    const all = this.#all();
    const unknown = [...numbers.keys()].find((name) => all.every((own) => own.name !== name));
    if (unknown !== undefined) throw new RangeError(`weights: the model has no "${unknown}". Load its own weights.`);
    for (const { name, shape } of all) {
      const given = numbers.get(name);
      if (given?.shape.join() !== shape.join() || given.data.length !== elementsOf(shape)) {
        const got = given ? `[${given.shape.join(", ")}] with ${given.data.length} numbers` : "nothing";
        throw new RangeError(`weights: "${name}" does not fit (got ${got}, allowed [${shape.join(", ")}]).`);
      }
    }
    for (const { name, slice } of all) {
      this.#gpu.stream.write(slice, Float32Array.from((numbers.get(name) as NamedNumbers).data));
    }
  }

  destroy(): void {
    for (const slab of [this.params, this.#grads, this.#states]) slab.destroy();
  }

  #all(): { readonly name: string; readonly shape: Shape; readonly slice: Slice }[] {
    const of = (leaves: ReadonlyMap<string, Tensor>, slab: Slab) =>
      [...leaves].map(([name, { shape }]) => ({ name, shape, slice: slab.slice(name) }));
    return [...of(this.#leaves, this.params), ...of(this.#stateLeaves, this.#states)];
  }
}
