import raggedCode from "../../../shaders/engine/matmul/storeRagged.wgsl?raw";
import wideCode from "../../../shaders/engine/matmul/storeWide.wgsl?raw";
import type { Store } from "../../../src/engine/kernels/store.ts";
import type { Value } from "../../../src/engine/launch.ts";

export const floats = (label: string, elements: number): Value => ({ label, elements, dtype: "float32" });

export const words = (label: string, elements: number): Value => ({ label, elements, dtype: "uint32" });

/** Products [batch, rows, columns] as they are. */
export function plainStore(product: Value, columns: number): Store {
  const name = columns % 4 ? "storeRagged" : "storeWide";
  const code = columns % 4 ? raggedCode : wideCode;
  return {
    parts: [{ file: `shaders/engine/matmul/${name}.wgsl`, code }],
    constants: {},
    bindings: [{ value: product, access: "readWrite" }],
  };
}
