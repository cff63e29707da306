import forwardCode from "../../../shaders/engine/conv2d/forward.wgsl?raw";
import gradientRaggedCode from "../../../shaders/engine/conv2d/gradientRagged.wgsl?raw";
import gradientWideCode from "../../../shaders/engine/conv2d/gradientWide.wgsl?raw";
import inputGradientCode from "../../../shaders/engine/conv2d/inputGradient.wgsl?raw";
import packCode from "../../../shaders/engine/conv2d/pack.wgsl?raw";
import productCode from "../../../shaders/engine/conv2d/product.wgsl?raw";
import sumPartialsCode from "../../../shaders/engine/conv2d/sumPartials.wgsl?raw";
import weightGradientCode from "../../../shaders/engine/conv2d/weightGradient.wgsl?raw";
import type { ShaderPart } from "../../gpu/index.ts";
import { type Conv2dSizes, outputPlane } from "../../graph/index.ts";
import type { Launch, Value } from "../launch.ts";
import type { Store } from "./store.ts";

const lanesPerWorkgroup = 64;

const part = (name: string, code: string): ShaderPart => ({ file: `shaders/engine/conv2d/${name}.wgsl`, code });

/** Modules without their store: see `shaders/engine/conv2d/product.wgsl`. */
const forwardParts = [part("product", productCode), part("forward", forwardCode)];
const inputGradientParts = [part("product", productCode), part("inputGradient", inputGradientCode)];
const weightGradientParts = (isWide: boolean) => [
  part("weightGradient", weightGradientCode),
  isWide ? part("gradientWide", gradientWideCode) : part("gradientRagged", gradientRaggedCode),
];
const packParts = [part("pack", packCode)];
const sumParts = [part("sumPartials", sumPartialsCode)];

/**
 * y [batch, outputs, …output plane] of x [batch, channels, …plane] and weight [outputs, channels / groups, …window]:
 * see `conv2d` of the reference. The store gets the product [batch, rows = outputs, columns = positions].
 */
export function conv2d(sizes: Conv2dSizes, { x, weight, store }: { x: Value; weight: Value; store: Store }): Launch[] {
  const { channels, outputs, plane, window, groups } = sizes;
  const taps = window[0] * window[1];
  return product("conv2d", forwardParts, sizes, {
    operands: [weight, x],
    store,
    rows: outputs,
    plane: outputPlane(sizes),
    image: { channels: channels / groups, plane },
    weightSteps: { row: (channels / groups) * taps, channel: taps },
  });
}

/** dx, in the shape of x, from dy, in the shape of y: the store gets [batch, rows = channels, columns = places]. */
export function conv2dInputGradient(
  sizes: Conv2dSizes,
  { dy, weight, store }: { dy: Value; weight: Value; store: Store },
): Launch[] {
  const { channels, outputs, plane, window, groups } = sizes;
  const taps = window[0] * window[1];
  return product("conv2dInputGradient", inputGradientParts, sizes, {
    operands: [weight, dy],
    store,
    rows: channels,
    plane,
    image: { channels: outputs / groups, plane: outputPlane(sizes) },
    weightSteps: { row: taps, channel: (channels / groups) * taps },
  });
}

/** dweight, in the shape of the weight, from x and dy. Two launches where the sum is cut into partial sums. */
export function conv2dWeightGradient(
  sizes: Conv2dSizes,
  { x, dy, dweight }: { x: Value; dy: Value; dweight: Value },
): Launch[] {
  const { batch, channels, outputs, plane, window, groups } = sizes;
  const weights = (channels / groups) * window[0] * window[1];
  if (outputs * weights === 0) return [];
  const [height, width] = outputPlane(sizes);
  const tileRows = tileRowsFor(outputs / groups);
  const lanes = groups * Math.ceil(outputs / groups / tileRows) * Math.ceil(weights / 4);
  const positionFours = batch * Math.ceil((height * width) / 4);
  const { splits, splitFours } = cut(lanes, positionFours);
  const fours = Math.ceil((outputs * weights) / 4);
  const partial: Value =
    splits === 1
      ? dweight
      : { label: "partial sums of a weight's gradient", elements: splits * fours * 4, dtype: "float32" };
  const sum: Launch = {
    label: "engine/conv2dWeightGradient",
    parts: weightGradientParts((height * width) % 4 === 0),
    constants: {
      ...windowConstants(sizes),
      FOURS: positionFours,
      OUTPUTS: outputs,
      OUTPUT_HEIGHT: Math.max(height, 1), // They are divided by, if only on paper.
      OUTPUT_WIDTH: Math.max(width, 1),
      GROUPS: groups,
      CHANNELS: channels / groups,
      HEIGHT: plane[0],
      WIDTH: plane[1],
      TILE_ROWS: tileRows,
      SPLITS: splits,
      SPLIT_FOURS: splitFours,
      PARTIAL: fours * 4,
    },
    bindings: [
      { value: x, access: "read" },
      { value: dy, access: "read" },
      { value: partial, access: "readWrite" },
    ],
    workgroups: Math.ceil((lanes * splits) / lanesPerWorkgroup),
  };
  if (splits === 1) return [sum];
  const total: Launch = {
    label: "engine/conv2dWeightGradient, partial sums",
    parts: sumParts,
    constants: { SPLITS: splits, FOURS: fours },
    bindings: [
      { value: partial, access: "read" },
      { value: dweight, access: "readWrite" },
    ],
    workgroups: Math.ceil(fours / lanesPerWorkgroup),
  };
  return [sum, total];
}

/** A product whose right operand is an image's patches: see `shaders/engine/conv2d/product.wgsl`. */
interface Product {
  readonly operands: readonly [weight: Value, image: Value];
  readonly store: Store;
  readonly rows: number;
  readonly plane: Conv2dSizes["plane"];
  readonly image: { readonly channels: number; readonly plane: Conv2dSizes["plane"] };
  readonly weightSteps: { readonly row: number; readonly channel: number };
}

function product(label: string, parts: readonly ShaderPart[], sizes: Conv2dSizes, product: Product): Launch[] {
  const { operands, store, rows, plane, image, weightSteps } = product;
  const { batch, groups, window } = sizes;
  const columns = plane[0] * plane[1];
  if (batch * rows * columns === 0) return [];
  const tileRows = tileRowsFor(rows / groups);
  const lanes = batch * groups * Math.ceil(rows / groups / tileRows) * Math.ceil(columns / 4);
  const taps = window[0] * window[1];
  const fours = groups * taps * image.channels * Math.ceil(rows / groups / 4);
  const packed: Value = { label: "weights of a convolution, packed", elements: fours * 4, dtype: "float32" };
  return [
    {
      label: `engine/${label}, packing`,
      parts: packParts,
      constants: {
        GROUPS: groups,
        GROUP_ROWS: rows / groups,
        IMAGE_CHANNELS: image.channels,
        TAPS: taps,
        WEIGHT_ROW: weightSteps.row,
        WEIGHT_CHANNEL: weightSteps.channel,
      },
      bindings: [
        { value: operands[0], access: "read" },
        { value: packed, access: "readWrite" },
      ],
      workgroups: Math.ceil(fours / lanesPerWorkgroup),
    },
    {
      label: `engine/${label}`,
      parts: [...parts, ...store.parts],
      constants: {
        ...windowConstants(sizes),
        BATCH: batch,
        ROWS: rows,
        COLUMNS: columns,
        INNER: taps * image.channels,
        PLANE_WIDTH: plane[1],
        GROUPS: groups,
        TILE_ROWS: tileRows,
        // One at a time is enough work for a turn of the loop where a lane makes many rows, and is as fast there.
        STEP: tileRows > 4 || image.channels % 4 ? 1 : 4,
        IMAGE_HEIGHT: image.plane[0],
        IMAGE_WIDTH: image.plane[1],
        ...store.constants,
      },
      bindings: [{ value: packed, access: "read" }, { value: operands[1], access: "read" }, ...store.bindings],
      workgroups: Math.ceil(lanes / lanesPerWorkgroup),
    },
  ];
}

/** Channels that a lane makes: what is cheapest where reading the image costs as much as six of them. */
function tileRowsFor(rows: number): number {
  const cost = (tileRows: number): number => Math.ceil(rows / tileRows) * (tileRows + 6);
  return [1, 4, 8, 16].reduce((best, tileRows) => (cost(tileRows) <= cost(best) ? tileRows : best));
}

/**
 * How `fours` groups of four positions are cut into partial sums, a function of the shapes alone: into as many as keep
 * 16,384 lanes busy, with 256 positions at least to a partial sum.
 */
function cut(lanes: number, fours: number): { splits: number; splitFours: number } {
  const wanted = Math.max(Math.floor(16_384 / lanes), 1);
  const splitFours = Math.max(Math.ceil(fours / wanted), 256 / 4);
  return { splits: Math.max(Math.ceil(fours / splitFours), 1), splitFours };
}

const windowConstants = ({ window, stride, padding }: Conv2dSizes) => ({
  WINDOW_HEIGHT: window[0],
  WINDOW_WIDTH: window[1],
  STRIDE_HEIGHT: stride[0],
  STRIDE_WIDTH: stride[1],
  PADDING_HEIGHT: padding[0],
  PADDING_WIDTH: padding[1],
});
