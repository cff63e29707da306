export { adam } from "./adam.ts";
export { adamw } from "./adamw.ts";
export { type AdanHyper, type AdanTensor, adan } from "./adan.ts";
export { type LionHyper, type LionTensor, lion } from "./lion.ts";
export type { AdamHyper, AdamTensor } from "./moments.ts";
export { float32, float64, type Profile, type Round, type Values } from "./numerics.ts";
export { type RmspropHyper, type RmspropTensor, rmsprop } from "./rmsprop.ts";
export { type SgdHyper, type SgdTensor, sgd } from "./sgd.ts";
export { sgdw } from "./sgdw.ts";
