import gradientCode from "../../../shaders/engine/pool2d/gradient.wgsl?raw";
import maxCode from "../../../shaders/engine/pool2d/max.wgsl?raw";
import maxGradientApartCode from "../../../shaders/engine/pool2d/maxGradientApart.wgsl?raw";
import maxShareCode from "../../../shaders/engine/pool2d/maxShare.wgsl?raw";
import meanCode from "../../../shaders/engine/pool2d/mean.wgsl?raw";
import meanShareCode from "../../../shaders/engine/pool2d/meanShare.wgsl?raw";
import orderCode from "../../../shaders/engine/pool2d/order.wgsl?raw";
import windowsCode from "../../../shaders/engine/pool2d/windows.wgsl?raw";
import type { ShaderPart } from "../../gpu/index.ts";
import { outputPlane, type Pool2dSizes } from "../../graph/index.ts";
import type { Launch, Value } from "../launch.ts";

const lanesPerWorkgroup = 64;

const part = (name: string, code: string): ShaderPart => ({ file: `shaders/engine/pool2d/${name}.wgsl`, code });

const windows = part("windows", windowsCode);
const order = part("order", orderCode);
const gradient = part("gradient", gradientCode);

/** The modules, by what they do. */
export const pool2dParts = {
  max: [windows, order, part("max", maxCode)],
  mean: [windows, part("mean", meanCode)],
  maxGradient: [windows, order, part("maxShare", maxShareCode), gradient],
  maxGradientApart: [windows, order, part("maxGradientApart", maxGradientApartCode)],
  meanGradient: [windows, part("meanShare", meanShareCode), gradient],
};

/** y [batch, channels, …output plane] of x [batch, channels, …plane]: see `pool2d` of the reference. */
export function pool2d(sizes: Pool2dSizes, { x, y }: { x: Value; y: Value }): Launch[] {
  return overFours(`pool2d, ${sizes.kind}`, pool2dParts[sizes.kind], sizes, [x], y);
}

/** dx, in the shape of x, from dy, in the shape of y, and for a maximum from x. */
export function pool2dGradient(sizes: Pool2dSizes, { x, dy, dx }: { x?: Value; dy: Value; dx: Value }): Launch[] {
  const label = `pool2dGradient, ${sizes.kind}`;
  if (sizes.kind === "mean") return overFours(label, pool2dParts.meanGradient, sizes, [dy], dx);
  if (!x) throw new TypeError("pool2dGradient: a maximum's gradient needs x, which is missing. Pass it.");
  if (!areApart(sizes)) return overFours(label, pool2dParts.maxGradient, sizes, [x, dy], dx);
  const [down, across] = [Math.ceil(sizes.plane[0] / sizes.stride[0]), Math.ceil(sizes.plane[1] / sizes.stride[1])];
  const tiles = sizes.batch * sizes.channels * down * across;
  return overFours(label, pool2dParts.maxGradientApart, sizes, [x, dy], dx, tiles, { TILES: tiles });
}

/** No place is in two windows, and every window is where it is without padding. */
const areApart = ({ window, stride, padding }: Pool2dSizes): boolean =>
  stride[0] >= window[0] && stride[1] >= window[1] && padding[0] === 0 && padding[1] === 0;

/** A lane for every four elements of what is made, or for every four of `count` other things. */
function overFours(
  label: string,
  parts: readonly ShaderPart[],
  { plane, window, stride, padding }: Pool2dSizes,
  operands: readonly Value[],
  result: Value,
  count = result.elements,
  more: Readonly<Record<string, number>> = {},
): Launch[] {
  if (count === 0) return [];
  const output = outputPlane({ plane, window, stride, padding });
  const items = Math.ceil(count / 4);
  return [
    {
      label: `engine/${label}`,
      parts,
      constants: {
        ITEMS: items,
        HEIGHT: plane[0],
        WIDTH: plane[1],
        OUTPUT_HEIGHT: output[0],
        OUTPUT_WIDTH: output[1],
        WINDOW_HEIGHT: window[0],
        WINDOW_WIDTH: window[1],
        STRIDE_HEIGHT: stride[0],
        STRIDE_WIDTH: stride[1],
        PADDING_HEIGHT: padding[0],
        PADDING_WIDTH: padding[1],
        ...more,
      },
      bindings: [
        ...operands.map((value) => ({ value, access: "read" as const })),
        { value: result, access: "readWrite" },
      ],
      workgroups: Math.ceil(items / lanesPerWorkgroup),
    },
  ];
}
