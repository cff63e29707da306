export { type AdagradHyper, type AdagradTensor, adagrad } from "./adagrad.ts";
export { adam } from "./adam.ts";
export { type AdamaxTensor, adamax } from "./adamax.ts";
export { adamw } from "./adamw.ts";
export type { AdamHyper, AdamTensor } from "./moments.ts";
export { float32, float64, type Profile, type Round, type Values } from "./numerics.ts";
export { type RmspropHyper, type RmspropTensor, rmsprop } from "./rmsprop.ts";
export { type SgdHyper, type SgdTensor, sgd } from "./sgd.ts";
export { sgdw } from "./sgdw.ts";
