import addSplitsCode from "../../../shaders/engine/matmul/addSplits.wgsl?raw";
import columnSumsCode from "../../../shaders/engine/matmul/columnSums.wgsl?raw";
import leftRaggedCode from "../../../shaders/engine/matmul/leftRagged.wgsl?raw";
import leftWideCode from "../../../shaders/engine/matmul/leftWide.wgsl?raw";
import noColumnSumsCode from "../../../shaders/engine/matmul/noColumnSums.wgsl?raw";
import operandsCode from "../../../shaders/engine/matmul/operands.wgsl?raw";
import productCode from "../../../shaders/engine/matmul/product.wgsl?raw";
import rightHalvesCode from "../../../shaders/engine/matmul/rightHalves.wgsl?raw";
import rightRaggedCode from "../../../shaders/engine/matmul/rightRagged.wgsl?raw";
import rightWideCode from "../../../shaders/engine/matmul/rightWide.wgsl?raw";
import type { ShaderPart } from "../../gpu/index.ts";
import type { Launch, Value, View } from "../launch.ts";
import { halvesParts } from "./halvesParts.ts";
import { chooseMatmul, type MatmulChoice, type MatmulDevice } from "./matmulChoice.ts";
import { matmulKernel, workgroupsOf } from "./matmulKernels.ts";
import { type MatmulShape, matmulPart } from "./matmulShape.ts";
import { type MatmulStore, storePieces } from "./matmulStore.ts";

/** One matrix for each of the batch. Offset and strides are in elements. */
export interface MatmulOperand {
  readonly value: Value;
  readonly offset: number;
  /** From one matrix to the next; 0 where the whole batch shares one. */
  readonly batchStride: number;
  /** From one line in memory to the next, whose elements are neighbours. */
  readonly rowStride: number;
  /** The lines in memory are the matrix's columns. */
  readonly isTransposed: boolean;
}

/**
 * product[b, i, j] = Σₖ left(b, i, k) right(b, k, j), which `store` takes. `left` is [rows, inner] in memory, or transposed
 * [inner, rows]; `right` is [inner, columns], or transposed [columns, inner]. Where `store` takes column sums, it gets
 * Σₖ right(b, k, j) too.
 *
 * Each element is within γₙ Σₖ |left right| of the exact sum, n = inner (Higham, "Accuracy and Stability of Numerical
 * Algorithms" (2002), section 3.1), and the same on every run of a device. No launch where there is nothing to store.
 *
 * @param choice which kernel does it; the table's choice for the shape and the device by default
 */
export function matmul(
  shape: MatmulShape,
  left: MatmulOperand,
  right: MatmulOperand,
  store: MatmulStore,
  device: MatmulDevice,
  choice: MatmulChoice = chooseMatmul(shape, device),
): Launch[] {
  if (shape.batch * shape.rows * shape.columns === 0) return [];
  const chunk = chunkOf(shape.inner, choice.splits);
  const splits = Math.max(1, Math.ceil(shape.inner / chunk));
  if (splits === 1) return [product(shape, left, right, store, choice, 1, chunk)];
  const { pieces, columnSums, store: ofPieces } = storePieces(shape, splits, store.takesColumnSums);
  return [
    product(shape, left, right, ofPieces, choice, splits, chunk),
    {
      label: "engine/matmul addSplits",
      parts: [matmulPart("product", productCode), sums(store), matmulPart("addSplits", addSplitsCode), ...store.parts],
      constants: { ...sizes(shape, splits, chunk), ...store.constants },
      bindings: [
        { value: pieces, access: "read" },
        // Without column sums nothing reads this binding, but the numbers of the store's bindings are the same.
        { value: columnSums ?? pieces, access: "read" },
        ...store.bindings,
      ],
      workgroups: Math.ceil((shape.batch * shape.rows * Math.ceil(shape.columns / 4)) / 64),
    },
  ];
}

/**
 * A view of two axes, or of three with the batch first, as an operand.
 * @returns undefined where neither of the last two axes has its elements side by side: it has to be copied first.
 */
export function operandOf({ value, shape, strides, offset }: View): MatmulOperand | undefined {
  const [rows, columns] = shape.slice(-2) as [number, number];
  const [down, across] = strides.slice(-2) as [number, number];
  const batchStride = shape.length > 2 ? (strides[0] as number) : 0;
  if (across === 1 || columns <= 1) return { value, offset, batchStride, rowStride: down, isTransposed: false };
  if (down === 1 || rows <= 1) return { value, offset, batchStride, rowStride: across, isTransposed: true };
  return undefined;
}

function product(
  shape: MatmulShape,
  left: MatmulOperand,
  right: MatmulOperand,
  store: MatmulStore,
  { kernel: name }: MatmulChoice,
  splits: number,
  chunk: number,
): Launch {
  const kernel = matmulKernel(name, shape);
  return {
    label: `engine/matmul ${name}`,
    parts: [
      ...kernel.first,
      matmulPart("product", productCode),
      matmulPart("operands", operandsCode),
      isWide(left, shape) ? matmulPart("leftWide", leftWideCode) : matmulPart("leftRagged", leftRaggedCode),
      ...rightParts(right, shape),
      sums(store),
      ...kernel.parts,
      ...store.parts,
    ],
    constants: {
      ...sizes(shape, splits, chunk),
      LEFT_OFFSET: left.offset,
      LEFT_BATCH_STRIDE: left.batchStride,
      LEFT_LINE_STRIDE: left.rowStride,
      LEFT_IS_TRANSPOSED: Number(left.isTransposed),
      RIGHT_OFFSET: right.offset,
      RIGHT_BATCH_STRIDE: right.batchStride,
      RIGHT_LINE_STRIDE: right.rowStride,
      RIGHT_IS_TRANSPOSED: Number(right.isTransposed),
      ...(isHalf(right) && { RIGHT_IS_FLOAT16: Number(right.value.dtype === "float16") }),
      ...kernel.constants,
      ...store.constants,
    },
    bindings: [{ value: left.value, access: "read" }, { value: right.value, access: "read" }, ...store.bindings],
    workgroups: workgroupsOf(kernel, shape, splits),
  };
}

/** How many of the inner index a split takes: a multiple of what the deepest kernel takes at a time. */
function chunkOf(inner: number, splits: number): number {
  return Math.max(1, Math.ceil(inner / splits / depth)) * depth;
}

const depth = 16;

const sizes = ({ batch, rows, columns, inner }: MatmulShape, splits: number, chunk: number) => ({
  BATCH: batch,
  ROWS: rows,
  COLUMNS: columns,
  INNER: inner,
  SPLITS: splits,
  CHUNK: chunk,
});

/** Whether an operand is in half precision: the right one may be, where four elements can be loaded at a time. */
const isHalf = ({ value }: MatmulOperand): boolean => value.dtype === "float16" || value.dtype === "bfloat16";

function rightParts(right: MatmulOperand, shape: MatmulShape): ShaderPart[] {
  if (isHalf(right)) return [...halvesParts, matmulPart("rightHalves", rightHalvesCode)];
  return [isWide(right, shape) ? matmulPart("rightWide", rightWideCode) : matmulPart("rightRagged", rightRaggedCode)];
}

/** Whether four elements can be loaded at a time. Whatever lies behind the end of a line may be loaded with them. */
export function isWide(
  { offset, batchStride, rowStride }: MatmulOperand,
  { batch }: Pick<MatmulShape, "batch">,
): boolean {
  return [offset, batch > 1 ? batchStride : 0, rowStride].every((elements) => elements % 4 === 0);
}

const sums = ({ takesColumnSums }: MatmulStore): ShaderPart =>
  takesColumnSums ? matmulPart("columnSums", columnSumsCode) : matmulPart("noColumnSums", noColumnSumsCode);
