/** The parts of the shaders that know in how many bits numbers are kept. */

import halvesCode from "../../shaders/numbers/halves.wgsl?raw";
import narrowFloatCode from "../../shaders/numbers/narrowFloat.wgsl?raw";
import randomBitsCode from "../../shaders/numbers/randomBits.wgsl?raw";
import blocksCode from "../../shaders/optim/parts/blocks.wgsl?raw";
import drawCode from "../../shaders/optim/parts/draw.wgsl?raw";
import float8Code from "../../shaders/optim/parts/float8.wgsl?raw";
import float32Code from "../../shaders/optim/parts/float32.wgsl?raw";
import float32EachCode from "../../shaders/optim/parts/float32Each.wgsl?raw";
import float32RaggedCode from "../../shaders/optim/parts/float32Ragged.wgsl?raw";
import halfCode from "../../shaders/optim/parts/half.wgsl?raw";
import halfFormatCode from "../../shaders/optim/parts/halfFormat.wgsl?raw";
import halfRaggedCode from "../../shaders/optim/parts/halfRagged.wgsl?raw";
import masterParamCode from "../../shaders/optim/parts/masterParam.wgsl?raw";
import mBfloat16Code from "../../shaders/optim/parts/mBfloat16.wgsl?raw";
import mFloat8Code from "../../shaders/optim/parts/mFloat8.wgsl?raw";
import mFloat32Code from "../../shaders/optim/parts/mFloat32.wgsl?raw";
import noBlocksCode from "../../shaders/optim/parts/noBlocks.wgsl?raw";
import stochasticParamCode from "../../shaders/optim/parts/stochasticParam.wgsl?raw";
import storeBlocksCode from "../../shaders/optim/parts/storeBlocks.wgsl?raw";
import storeBlocksOfMCode from "../../shaders/optim/parts/storeBlocksOfM.wgsl?raw";
import vBfloat16Code from "../../shaders/optim/parts/vBfloat16.wgsl?raw";
import vFloat8Code from "../../shaders/optim/parts/vFloat8.wgsl?raw";
import vFloat32Code from "../../shaders/optim/parts/vFloat32.wgsl?raw";
import wholeParamCode from "../../shaders/optim/parts/wholeParam.wgsl?raw";
import type { ShaderPart } from "../gpu/index.ts";
import { type Dtype, isHalf, type StateStorage } from "./storage.ts";
import type { TensorAccess } from "./tiles.ts";

const part = (name: string, code: string): ShaderPart => ({ file: `shaders/optim/parts/${name}.wgsl`, code });

const narrowFloat = { file: "shaders/numbers/narrowFloat.wgsl", code: narrowFloatCode };
const halves = { file: "shaders/numbers/halves.wgsl", code: halvesCode };
const random = [{ file: "shaders/numbers/randomBits.wgsl", code: randomBitsCode }, part("draw", drawCode)];
const float32 = part("float32", float32Code);
/** What gets at gradients in lanes of one element. */
export const float32Each = part("float32Each", float32EachCode);
const float32Ragged = part("float32Ragged", float32RaggedCode);
const half = part("half", halfCode);
const halfRagged = part("halfRagged", halfRaggedCode);
const halfFormat = part("halfFormat", halfFormatCode);
const wholeParam = part("wholeParam", wholeParamCode);
const stochasticParam = part("stochasticParam", stochasticParamCode);
const masterParam = part("masterParam", masterParamCode);

/** What gets at the elements of parameters and gradients. */
export function accessParts({ dtype, isRagged }: TensorAccess): ShaderPart[] {
  if (!isHalf(dtype)) return [isRagged ? float32Ragged : float32];
  return [narrowFloat, halves, halfFormat, isRagged ? halfRagged : half];
}

/** Values of their overrides. */
export const halfConstants = (dtype: Dtype): Record<string, number> =>
  isHalf(dtype) ? { IS_FLOAT16: Number(dtype === "float16") } : {};

/** What `loadParam` and `storeParam` do. */
export function paramParts({ dtype }: TensorAccess, hasMasters: boolean): ShaderPart[] {
  if (!isHalf(dtype)) return [wholeParam];
  return hasMasters ? [masterParam] : [stochasticParam, ...random];
}

const inFloat8 = [narrowFloat, part("float8", float8Code), ...random, part("blocks", blocksCode)];
const inBfloat16 = [narrowFloat, halves, ...random];

const mParts: Readonly<Record<StateStorage, readonly ShaderPart[]>> = {
  float32: [part("mFloat32", mFloat32Code)],
  bfloat16: [part("mBfloat16", mBfloat16Code), ...inBfloat16],
  float8: [part("mFloat8", mFloat8Code), ...inFloat8],
};
const vParts: Readonly<Record<StateStorage, readonly ShaderPart[]>> = {
  float32: [part("vFloat32", vFloat32Code)],
  bfloat16: [part("vBfloat16", vBfloat16Code), ...inBfloat16],
  float8: [part("vFloat8", vFloat8Code), ...inFloat8],
};

/** `loadM` and `storeM`, and with `hasV` also `loadV` and `storeV`. */
export function momentParts(storage: StateStorage, hasV: boolean): ShaderPart[] {
  return [...mParts[storage], ...(hasV ? vParts[storage] : [])];
}

const noBlocks = part("noBlocks", noBlocksCode);
const storeBlocks = part("storeBlocks", storeBlocksCode);
const storeBlocksOfM = part("storeBlocksOfM", storeBlocksOfMCode);

/** What the lanes of a workgroup do together once each has had its update; `inBlocks` are the states kept in `float8`. */
export function blockParts(inBlocks: readonly string[]): ShaderPart[] {
  if (inBlocks.length === 0) return [noBlocks];
  return [inBlocks.includes("v") ? storeBlocks : storeBlocksOfM];
}
