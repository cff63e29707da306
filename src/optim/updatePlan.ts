/** What the kernels of an update are made from. */
import type { Slice } from "../gpu/index.ts";
import type { Guard } from "./gradients/guard.ts";
import type { CheckedGradients } from "./gradients/options.ts";
import type { Dtype } from "./storage.ts";
import type { TileSizes } from "./tiles.ts";
import type { TiledPlacement } from "./totals.ts";
import type { UpdateRule } from "./updateRule.ts";
import type { Around, PassTensor, Variant } from "./variant.ts";

/** The tensors of one rule and one dtype, and the shader that it asks for. */
export interface Family {
  readonly rule: UpdateRule;
  readonly variant: Variant;
  /** The optimizer's own states beside the rule's, by name, with their bindings in bind group 1. */
  readonly extras: Readonly<Record<string, number>>;
  readonly dtype: Dtype;
  readonly tensors: readonly PassTensor[];
}

export interface UpdatePlan {
  readonly families: readonly Family[];
  readonly around: Around;
  readonly gradients: CheckedGradients;
  readonly guard: Guard | undefined;
}

/** One family of it, cut into tiles. */
export interface FamilyPlan extends UpdatePlan, Family {
  readonly tiled: readonly TiledPlacement[];
  /** Of the tiles: an update's own, or those that are added up. */
  readonly sizes: Required<TileSizes>;
  readonly rows: Slice;
}
