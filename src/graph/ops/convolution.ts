import { show } from "../errors.ts";
import { applyOne, demand } from "../node.ts";
import { checkShape, checkType } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";

/** One number for both directions, or [vertical, horizontal]. */
export type OneOrTwo = number | readonly [number, number];

export interface ConvolutionOptions {
  readonly stride?: OneOrTwo;
  readonly padding?: OneOrTwo;
  readonly groups?: number;
}

const pair = (value: OneOrTwo): readonly [number, number] => (typeof value === "number" ? [value, value] : value);

/** PyTorch's conv2d without a bias: x [B, C, H, W], weight [O, C / groups, KH, KW] → [B, O, OH, OW]. */
export function conv2d(x: Tensor, weight: Tensor, options: ConvolutionOptions = {}): Tensor {
  const { groups = 1 } = options;
  const [stride, padding] = [pair(options.stride ?? 1), pair(options.padding ?? 0)];
  for (const tensor of [x, weight]) checkType("conv2d", tensor);
  checkShape("conv2d", "x", x, [undefined, undefined, undefined, undefined]);
  const [B, C] = x.shape as [number, number];
  const O = weight.shape[0] as number;
  demand(
    Number.isInteger(groups) && groups > 0 && C % groups === 0 && O % groups === 0,
    () => `conv2d: channels that do not divide into groups (got ${C} and ${O} in ${groups}). Choose a divisor.`,
  );
  checkShape("conv2d", "weight", weight, [undefined, C / groups, undefined, undefined]);
  const window = weight.shape.slice(2) as [number, number];
  const shape = [B, O, ...positions("conv2d", x, window, stride, padding)];
  return applyOne({ op: "conv2d", stride, padding, groups }, [x, weight], { shape, dtype: "float32" });
}

export interface PoolOptions {
  /** The window's own size by default, so that windows do not overlap. */
  readonly stride?: OneOrTwo;
  readonly padding?: OneOrTwo;
}

/** The largest of each window of x [B, C, H, W]; padding never is. */
export const maxPool2d = (x: Tensor, window: OneOrTwo, options?: PoolOptions): Tensor =>
  pool("max", x, window, options);

/** The mean of each window of x [B, C, H, W], in which padding counts as zeros. */
export const meanPool2d = (x: Tensor, window: OneOrTwo, options?: PoolOptions): Tensor =>
  pool("mean", x, window, options);

function pool(kind: "max" | "mean", x: Tensor, size: OneOrTwo, options: PoolOptions = {}): Tensor {
  const window = pair(size);
  const [stride, padding] = [pair(options.stride ?? window), pair(options.padding ?? 0)];
  checkType("pool2d", x);
  checkShape("pool2d", "x", x, [undefined, undefined, undefined, undefined]);
  demand(
    padding.every((side, i) => 2 * side <= (window[i] as number)),
    () => `pool2d: padding above half of the window (got ${show(padding)} with ${show(window)}). Pad less.`,
  );
  const shape = [...x.shape.slice(0, 2), ...positions("pool2d", x, window, stride, padding)];
  return applyOne({ op: "pool2d", kind, window, stride, padding }, [x], { shape, dtype: "float32" });
}

type Sides = readonly [number, number];

/** Where a window fits: the rows and columns of the result. */
function positions(op: string, x: Tensor, window: Sides, stride: Sides, padding: Sides): Sides {
  demand(
    [...stride, ...window].every((side) => Number.isInteger(side) && side > 0) &&
      padding.every((side) => Number.isInteger(side) && side >= 0),
    () => `${op}: not whole numbers (got window ${show(window)}, stride ${show(stride)}, padding ${show(padding)}).`,
  );
  const along = (axis: 0 | 1): number =>
    Math.floor(((x.shape[2 + axis] as number) + 2 * padding[axis] - window[axis]) / stride[axis]) + 1;
  const sides = [along(0), along(1)] as const;
  demand(
    sides[0] > 0 && sides[1] > 0,
    () => `${op}: the window does not fit (got ${show(window)} on ${show(x.shape)} with padding ${show(padding)}).`,
  );
  return sides;
}
