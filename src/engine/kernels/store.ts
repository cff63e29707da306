import type { ShaderPart } from "../../gpu/index.ts";
import type { Launch } from "../launch.ts";

/**
 * Where a kernel's products [batch, rows, columns] go, and what becomes of them on the way: WGSL with
 * `fn store(batch: u32, row: u32, column: u32, value: vec4f)` for four neighbouring columns, the first of them there and
 * a multiple of four. It may use the overrides BATCH, ROWS, COLUMNS and INNER of the kernel.
 */
export interface Store {
  readonly parts: readonly ShaderPart[];
  readonly constants: Readonly<Record<string, number>>;
  /** In the parts they are numbered from 2 on: 0 and 1 are the kernel's own. */
  readonly bindings: Launch["bindings"];
}
