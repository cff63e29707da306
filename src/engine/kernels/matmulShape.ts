import type { ShaderPart } from "../../gpu/index.ts";

/** The product is [batch, rows, columns]; `inner` is what is summed over. */
export interface MatmulShape {
  readonly batch: number;
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
}

/** A file of the family's. */
export const matmulPart = (name: string, code: string): ShaderPart => ({
  file: `shaders/engine/matmul/${name}.wgsl`,
  code,
});
