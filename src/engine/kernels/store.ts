import plainRaggedCode from "../../../shaders/engine/parts/storePlaneRagged.wgsl?raw";
import plainWideCode from "../../../shaders/engine/parts/storePlaneWide.wgsl?raw";
import type { ShaderPart } from "../../gpu/index.ts";
import type { Launch, Value } from "../launch.ts";

/**
 * Where a kernel's products [batch, rows, columns] go, and what becomes of them on the way: WGSL with
 * `fn store(batch: u32, row: u32, column: u32, value: vec4f)` for four neighbouring columns, the first a multiple of
 * four. It may use the overrides BATCH, ROWS and COLUMNS of the kernel, and its bindings are numbered from 2 on.
 */
export interface Store {
  readonly parts: readonly ShaderPart[];
  readonly constants: Readonly<Record<string, number>>;
  readonly bindings: Launch["bindings"];
}

/** Products as they are, into `product` [batch, rows, columns]. */
export function plainStore(product: Value, columns: number): Store {
  const isWide = columns % 4 === 0;
  return {
    parts: [
      isWide
        ? { file: "shaders/engine/parts/storePlaneWide.wgsl", code: plainWideCode }
        : { file: "shaders/engine/parts/storePlaneRagged.wgsl", code: plainRaggedCode },
    ],
    constants: {},
    bindings: [{ value: product, access: "readWrite" }],
  };
}
