import { show } from "../errors.ts";
import { applyOne, demand } from "../node.ts";
import { broadcast, checkType } from "../shapes.ts";
import { elementsOf, type Tensor } from "../tensor.ts";
import { reshape } from "./views.ts";

/** Which operands are transposed, in their last two axes, before they are multiplied. */
export interface MatmulOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/** a [..., m, k] · b [..., k, n] → [..., m, n]; the axes before the last two broadcast. */
export function matmul(a: Tensor, b: Tensor, { transposeA = false, transposeB = false }: MatmulOptions = {}): Tensor {
  for (const tensor of [a, b]) checkType("matmul", tensor);
  demand(
    a.shape.length >= 2 && b.shape.length >= 2,
    () => `matmul: operands need two axes at least (got ${show(a.shape)} and ${show(b.shape)}). Reshape them.`,
  );
  const [m, k] = sides(a, transposeA);
  const [inner, n] = sides(b, transposeB);
  demand(
    k === inner,
    () =>
      `matmul: inner sides that differ (got ${show(a.shape)}${transposeA ? " transposed" : ""} and ` +
      `${show(b.shape)}${transposeB ? " transposed" : ""}, so ${k} and ${inner}). Make them equal.`,
  );
  if (a.shape.length > 2 && b.shape.length === 2 && !transposeA) {
    // One matrix for the whole batch: its rows are the rows of one product.
    const rows = a.shape.slice(0, -1);
    return reshape(matmul(reshape(a, [elementsOf(rows), k]), b, { transposeB }), [...rows, n]);
  }
  const batch = broadcast("matmul", a.shape.slice(0, -2), b.shape.slice(0, -2));
  return applyOne({ op: "matmul", transposeA, transposeB }, [a, b], { shape: [...batch, m, n], dtype: "float32" });
}

function sides({ shape }: Tensor, isTransposed: boolean): readonly [number, number] {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return isTransposed ? [columns, rows] : [rows, columns];
}
