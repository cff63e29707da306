import { type Dispatch, type Gpu, readFloats, type Slice } from "../gpu/index.ts";
import { randomBits } from "../numbers/random.ts";
import type { MatmulOperand } from "./kernels/matmul.ts";
import type { MatmulShape } from "./kernels/matmulShape.ts";
import type { Value } from "./launch.ts";
import type { Workspace } from "./workspace.ts";

/**
 * A product of matrices of small whole numbers, by which kernels are timed and held to be right: no sum of theirs is rounded,
 * so that every order of summing gives the same.
 */
export class MatmulTrial {
  readonly left: MatmulOperand;
  readonly right: MatmulOperand;
  readonly product: Value;
  /** Where a value of its launches lies. */
  readonly place: (value: Value) => Slice;
  readonly #gpu: Gpu;
  readonly #shape: MatmulShape;
  readonly #a: Float32Array<ArrayBuffer>;
  readonly #b: Float32Array<ArrayBuffer>;

  constructor(gpu: Gpu, workspace: Workspace, shape: MatmulShape) {
    const { batch, rows, columns, inner } = shape;
    this.#gpu = gpu;
    this.#shape = shape;
    this.left = operand("probe/left", batch, rows, inner);
    this.right = operand("probe/right", batch, inner, columns);
    this.product = { label: "probe/product", elements: batch * rows * columns, dtype: "float32" };
    const places = new Map<Value, Slice>();
    this.place = (value) => {
      const slice = places.get(value) ?? workspace.storage(value.elements * 4, value.label);
      places.set(value, slice);
      return slice;
    };
    this.#a = wholeNumbers(this.left.value.elements, 0);
    this.#b = wholeNumbers(this.right.value.elements, 1);
    gpu.stream.write(this.place(this.left.value), this.#a);
    gpu.stream.write(this.place(this.right.value), this.#b);
  }

  /**
   * Whether the dispatches make the product A B. By Freivalds, "Probabilistic machines can use less running time" (IFIP
   * Congress 1977): it is held to A (B r) after a multiplication with a random vector r. A wrong row goes through with a
   * probability of less than 1 / 1000.
   */
  async isRight(dispatches: readonly Dispatch[]): Promise<boolean> {
    const { batch, rows, columns, inner } = this.#shape;
    const slice = this.place(this.product);
    this.#gpu.stream.write(slice, new Float32Array(this.product.elements).fill(-1.5)); // no number of the product
    this.#gpu.stream.dispatch(...dispatches);
    const found = await readFloats(this.#gpu, slice);
    const r = Float64Array.from({ length: columns }, (_, j) => (randomBits(31, 2, j) % 1021) + 1);
    for (let at = 0; at < batch; at++) {
      const b = this.#b.subarray(at * inner * columns, (at + 1) * inner * columns);
      const expected = times(this.#a.subarray(at * rows * inner, (at + 1) * rows * inner), times(b, r));
      const actual = times(found.subarray(at * rows * columns, (at + 1) * rows * columns), r);
      if (actual.some((value, i) => value !== expected[i])) return false;
    }
    return true;
  }
}

function operand(label: string, batch: number, down: number, across: number): MatmulOperand {
  const value: Value = { label, elements: batch * down * across, dtype: "float32" };
  return { value, offset: 0, batchStride: down * across, rowStride: across, isTransposed: false };
}

/** From -8 to 8: sums of up to 2^18 of their products are exact. */
const wholeNumbers = (count: number, stream: number): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length: count }, (_, i) => (randomBits(31, stream, i) % 17) - 8);

/** A dense matrix of as many columns as the vector has elements, times the vector. */
function times(matrix: Float32Array, vector: Float64Array): Float64Array {
  const columns = vector.length;
  return Float64Array.from({ length: matrix.length / columns }, (_, row) => {
    let sum = 0;
    for (let j = 0; j < columns; j++) sum += (matrix[row * columns + j] as number) * (vector[j] as number);
    return sum;
  });
}
