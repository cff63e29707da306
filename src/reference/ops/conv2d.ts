import { type Conv2dSizes, outputPlane } from "../../graph/index.ts";
import type { Round, Values } from "../numerics.ts";
import { zeros } from "./zeros.ts";

/**
 * PyTorch's conv2d, a cross-correlation, without bias and dilation:
 * y[b, o, i, j] = Σ w[o, c, u, v] x[b, c, s i + u - p, s j + v - p] over the channels c of o's group and the window.
 *
 * Source: Dumoulin & Visin, "A guide to convolution arithmetic for deep learning" (2016), chapters 2 and 4.
 */
export function conv2d(sizes: Conv2dSizes, x: Values, weight: Values, round: Round): Values {
  const [height, width] = outputPlane(sizes);
  const y = zeros(x, sizes.batch * sizes.outputs * height * width);
  eachProduct(sizes, (toX, toWeight, toY) => add(y, toY, x, toX, weight, toWeight, round));
  return y;
}

/** dx, in the shape of x, from dy, in the shape of y. */
export function conv2dInputGradient(sizes: Conv2dSizes, dy: Values, weight: Values, round: Round): Values {
  const { batch, channels, plane } = sizes;
  const dx = zeros(dy, batch * channels * plane[0] * plane[1]);
  eachProduct(sizes, (toX, toWeight, toY) => add(dx, toX, dy, toY, weight, toWeight, round));
  return dx;
}

/** dweight, in the shape of the weight, from x and dy. */
export function conv2dWeightGradient(sizes: Conv2dSizes, x: Values, dy: Values, round: Round): Values {
  const { channels, outputs, window, groups } = sizes;
  const dweight = zeros(x, outputs * (channels / groups) * window[0] * window[1]);
  eachProduct(sizes, (toX, toWeight, toY) => add(dweight, toWeight, x, toX, dy, toY, round));
  return dweight;
}

/** Calls back with the places of x, weight and y in every product that a convolution is the sum of. */
function eachProduct(sizes: Conv2dSizes, visit: (toX: number, toWeight: number, toY: number) => void): void {
  const { batch, channels, outputs, plane, window, groups } = sizes;
  const [height, width] = outputPlane(sizes);
  const ofGroup = { channels: channels / groups, outputs: outputs / groups };
  for (let b = 0; b < batch; b++) {
    for (let o = 0; o < outputs; o++) {
      const firstChannel = Math.floor(o / ofGroup.outputs) * ofGroup.channels;
      for (let i = 0; i < height; i++) {
        for (let j = 0; j < width; j++) {
          const toY = ((b * outputs + o) * height + i) * width + j;
          for (let c = 0; c < ofGroup.channels; c++) {
            for (let u = 0; u < window[0]; u++) {
              const row = i * sizes.stride[0] + u - sizes.padding[0];
              if (row < 0 || row >= plane[0]) continue;
              for (let v = 0; v < window[1]; v++) {
                const column = j * sizes.stride[1] + v - sizes.padding[1];
                if (column < 0 || column >= plane[1]) continue;
                const toX = ((b * channels + firstChannel + c) * plane[0] + row) * plane[1] + column;
                visit(toX, ((o * ofGroup.channels + c) * window[0] + u) * window[1] + v, toY);
              }
            }
          }
        }
      }
    }
  }
}

/** sum[to] += a[i] b[j] */
function add(sum: Values, to: number, a: Values, i: number, b: Values, j: number, round: Round): void {
  sum[to] = round((sum[to] as number) + round((a[i] as number) * (b[j] as number)));
}
