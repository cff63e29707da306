/** Along the two sides of a plane: height, then width. */
export type Pair = readonly [height: number, width: number];

/** What a convolution of planes is between: x [batch, channels, …plane], weight [outputs, channels / groups, …window]. */
export interface Conv2dSizes {
  readonly batch: number;
  /** Of the input; a multiple of `groups`, as is `outputs`. */
  readonly channels: number;
  /** Channels of the output. */
  readonly outputs: number;
  /** The input's sides. */
  readonly plane: Pair;
  /** The kernel's sides. */
  readonly window: Pair;
  readonly stride: Pair;
  /** Rows and columns of zeros on either side of the input. */
  readonly padding: Pair;
  readonly groups: number;
}

/** What pooling is between: x [batch, channels, …plane], each channel by itself. */
export interface Pool2dSizes {
  readonly kind: "max" | "mean";
  readonly batch: number;
  readonly channels: number;
  /** The input's sides. */
  readonly plane: Pair;
  readonly window: Pair;
  readonly stride: Pair;
  /** At most half the window, so that no window lies in the padding alone. */
  readonly padding: Pair;
}

/** How windows lie on a plane. */
type Windows = Pick<Conv2dSizes, "plane" | "window" | "stride" | "padding">;

/** The sides of the output: as many windows as fit the padded plane, PyTorch's `floor((n + 2 p - k) / s) + 1`. */
export function outputPlane({ plane, window, stride, padding }: Windows): Pair {
  const along = (axis: 0 | 1): number =>
    Math.max(Math.floor((plane[axis] + 2 * padding[axis] - window[axis]) / stride[axis]) + 1, 0);
  return [along(0), along(1)];
}
