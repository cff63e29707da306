import type { Tensor } from "../../graph/index.ts";
import * as graph from "../../graph/index.ts";
import { type Model, model } from "../model.ts";

const plain = (call: (x: Tensor) => Tensor): Model => model({}, (_: unknown, x: Tensor) => call(x));

export const relu = (): Model => plain(graph.relu);
export const gelu = (): Model => plain(graph.gelu);
export const silu = (): Model => plain(graph.silu);
export const tanh = (): Model => plain(graph.tanh);
export const sigmoid = (): Model => plain(graph.sigmoid);

/** In training, a share `rate` of the elements set to 0 and the others over 1 − rate. */
export const dropout = (rate: number): Model => plain((x) => graph.dropout(x, rate));

/** All axes but the first as one. */
export const flatten = (): Model =>
  plain((x) => graph.reshape(x, [...x.shape.slice(0, 1), graph.elementsOf(x.shape.slice(1))]));

/** The largest of each window of images [B, C, H, W]. */
export const maxPool2d = (window: graph.OneOrTwo, options?: graph.PoolOptions): Model =>
  plain((x) => graph.maxPool2d(x, window, options));

/** The mean of each window of images [B, C, H, W], padding being zeros. */
export const meanPool2d = (window: graph.OneOrTwo, options?: graph.PoolOptions): Model =>
  plain((x) => graph.meanPool2d(x, window, options));
