import { elementsOf, type Tensor } from "../../graph/index.ts";
import type { MatmulStore } from "../kernels/matmulStore.ts";
import { ExpressionCode } from "./code.ts";
import type { Lowering } from "./lowering.ts";

/** The kernel's own bindings: two operands. */
const operands = 2;

/**
 * The store of a kernel whose product is `tensor`, with `columns` to a row, and with whatever can be computed on the way
 * there. `columnSums`, if given, takes the sums of the right operand's columns.
 */
export function storeOf(lowering: Lowering, tensor: Tensor, columns: number, columnSums?: Tensor): MatmulStore {
  const isWide = columns % 4 === 0;
  const code = new ExpressionCode(operands, isWide);
  for (const { expression, target } of lowering.epilogue(tensor, operands + (columnSums ? 1 : 0), isWide)) {
    code.store(target, expression, "COLUMNS - column");
  }
  const head = "fn store(batch: u32, row: u32, column: u32, result: vec4f)";
  const store = code.finish(head, "let e = (batch * ROWS + row) * COLUMNS + column;");
  if (!columnSums) return { ...store, constants: {}, takesColumnSums: false };
  const sums = new ExpressionCode(operands + store.bindings.length, isWide);
  sums.store(lowering.target(columnSums, isWide), { kind: "result" }, "COLUMNS - column");
  const sumsHead = "fn storeColumnSums(batch: u32, column: u32, result: vec4f)";
  const sumsStore = sums.finish(sumsHead, "let e = batch * COLUMNS + column;");
  return {
    parts: [...store.parts, ...sumsStore.parts],
    bindings: [...store.bindings, ...sumsStore.bindings],
    constants: {},
    takesColumnSums: true,
  };
}

/** How many elements a row of a tensor's last axis has, and how many rows there are. */
export function rowsShape({ shape }: Tensor): { readonly rows: number; readonly columns: number } {
  const columns = shape.at(-1) ?? 1;
  return { rows: elementsOf(shape.slice(0, -1)), columns };
}
