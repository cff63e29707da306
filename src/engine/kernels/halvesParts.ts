import halvesCode from "../../../shaders/numbers/halves.wgsl?raw";
import narrowFloatCode from "../../../shaders/numbers/narrowFloat.wgsl?raw";
import type { ShaderPart } from "../../gpu/index.ts";

/** What reads and writes numbers in half precision, two to a word. */
export const halvesParts: readonly ShaderPart[] = [
  { file: "shaders/numbers/narrowFloat.wgsl", code: narrowFloatCode },
  { file: "shaders/numbers/halves.wgsl", code: halvesCode },
];
