import storeColumnSumsRaggedCode from "../../../shaders/engine/matmul/storeColumnSumsRagged.wgsl?raw";
import storeColumnSumsSplitCode from "../../../shaders/engine/matmul/storeColumnSumsSplit.wgsl?raw";
import storeColumnSumsWideCode from "../../../shaders/engine/matmul/storeColumnSumsWide.wgsl?raw";
import storeRaggedCode from "../../../shaders/engine/matmul/storeRagged.wgsl?raw";
import storeSplitCode from "../../../shaders/engine/matmul/storeSplit.wgsl?raw";
import storeWideCode from "../../../shaders/engine/matmul/storeWide.wgsl?raw";
import type { ShaderPart } from "../../gpu/index.ts";
import type { Launch, Value } from "../launch.ts";
import { type MatmulShape, matmulPart } from "./matmulShape.ts";

/**
 * What becomes of a product. The parts have
 *   fn store(batch: u32, row: u32, column: u32, value: vec4f)
 * which gets every four neighbouring columns of a row once. `column` is a multiple of 4; row and column are in the
 * product, the lanes beyond `column` may not be and hold anything: `store` keeps nothing of them.
 * The overrides BATCH, ROWS, COLUMNS and INNER are there for it. It is called where control flow is not uniform, so it has
 * no barriers; its module has the names of `shaders/engine/matmul/` already.
 */
export interface MatmulStore {
  readonly parts: readonly ShaderPart[];
  readonly constants: Readonly<Record<string, number>>;
  /** In the parts they are numbered from 2 on: 0 and 1 are the matmul's own. */
  readonly bindings: Launch["bindings"];
  /** The parts have `fn storeColumnSums(batch: u32, column: u32, value: vec4f)` too, likewise. */
  readonly takesColumnSums: boolean;
}

/** The product into `product`, [batch, rows, columns], and its column sums into `columnSums`, [batch, columns], if given. */
export function storeProduct(
  { columns }: Pick<MatmulShape, "columns">,
  product: Value,
  columnSums?: Value,
): MatmulStore {
  const isWide = columns % 4 === 0;
  const parts = [isWide ? matmulPart("storeWide", storeWideCode) : matmulPart("storeRagged", storeRaggedCode)];
  if (columnSums) {
    parts.push(
      isWide
        ? matmulPart("storeColumnSumsWide", storeColumnSumsWideCode)
        : matmulPart("storeColumnSumsRagged", storeColumnSumsRaggedCode),
    );
  }
  return storeInto(parts, product, columnSums);
}

/** The pieces of a product whose inner index is split, as values of their own. */
export function storePieces(
  { batch, rows, columns }: MatmulShape,
  splits: number,
  takesColumnSums: boolean,
): { readonly pieces: Value; readonly columnSums: Value | undefined; readonly store: MatmulStore } {
  const padded = Math.ceil(columns / 4) * 4;
  const piecesOf = (label: string, lines: number): Value => ({
    label,
    elements: splits * batch * lines * padded,
    dtype: "float32",
  });
  const pieces = piecesOf("matmul pieces", rows);
  const columnSums = takesColumnSums ? piecesOf("matmul column sums of pieces", 1) : undefined;
  const parts = [matmulPart("storeSplit", storeSplitCode)];
  if (columnSums) parts.push(matmulPart("storeColumnSumsSplit", storeColumnSumsSplitCode));
  return { pieces, columnSums, store: storeInto(parts, pieces, columnSums) };
}

function storeInto(parts: readonly ShaderPart[], product: Value, columnSums: Value | undefined): MatmulStore {
  const written = columnSums ? [product, columnSums] : [product];
  return {
    parts,
    constants: {},
    bindings: written.map((value) => ({ value, access: "readWrite" })),
    takesColumnSums: columnSums !== undefined,
  };
}
