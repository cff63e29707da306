import type { Value } from "../../../src/engine/launch.ts";

export const floats = (label: string, elements: number): Value => ({ label, elements, dtype: "float32" });

export const words = (label: string, elements: number): Value => ({ label, elements, dtype: "uint32" });
