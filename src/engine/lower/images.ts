import type { Conv2dSizes, OperationOf, Pool2dSizes, Tensor } from "../../graph/index.ts";
import { conv2d, conv2dInputGradient, conv2dWeightGradient } from "../kernels/conv2d.ts";
import { pool2d, pool2dGradient } from "../kernels/pool2d.ts";
import type { Lowerings } from "./lowering.ts";
import { storeOf } from "./store.ts";

type Sides = readonly [number, number, number, number];

/** Of convolutions and pooling. */
export const imageKernels: Lowerings<
  "conv2d" | "conv2dInputGradient" | "conv2dWeightGradient" | "pool2d" | "pool2dGradient"
> = {
  conv2d(lowering, { operation, inputs, outputs }) {
    const [x, weight] = inputs as [Tensor, Tensor];
    const [y] = outputs as [Tensor];
    const operands = { x: lowering.dense(x), weight: lowering.dense(weight) };
    const store = storeOf(lowering, y, planeOf(y));
    lowering.emit(...conv2d(conv2dSizes(operation, x.shape, weight.shape), { ...operands, store }));
  },

  conv2dInputGradient(lowering, { operation, inputs, outputs }) {
    const [dy, weight] = inputs as [Tensor, Tensor];
    const [dx] = outputs as [Tensor];
    const operands = { dy: lowering.dense(dy), weight: lowering.dense(weight) };
    const store = storeOf(lowering, dx, planeOf(dx));
    lowering.emit(...conv2dInputGradient(conv2dSizes(operation, dx.shape, weight.shape), { ...operands, store }));
  },

  conv2dWeightGradient(lowering, { operation, inputs, outputs }) {
    const [x, dy] = inputs as [Tensor, Tensor];
    const [weight] = outputs as [Tensor];
    const values = { x: lowering.dense(x), dy: lowering.dense(dy), dweight: lowering.result(weight) };
    lowering.emit(...conv2dWeightGradient(conv2dSizes(operation, x.shape, weight.shape), values));
  },

  pool2d(lowering, { operation, inputs, outputs }) {
    const [x] = inputs as [Tensor];
    const values = { x: lowering.dense(x), y: lowering.result(outputs[0] as Tensor) };
    lowering.emit(...pool2d(pool2dSizes(operation, x.shape), values));
  },

  pool2dGradient(lowering, { operation, inputs, outputs }) {
    const [x, dy] = inputs as [Tensor, Tensor];
    const values = { ...(operation.kind === "max" && { x: lowering.dense(x) }), dy: lowering.dense(dy) };
    const dx = lowering.result(outputs[0] as Tensor);
    lowering.emit(...pool2dGradient(pool2dSizes(operation, x.shape), { ...values, dx }));
  },
};

const planeOf = ({ shape }: Tensor): number => (shape[2] as number) * (shape[3] as number);

function conv2dSizes(
  { stride, padding, groups }: Pick<OperationOf<"conv2d">, "stride" | "padding" | "groups">,
  x: readonly number[],
  weight: readonly number[],
): Conv2dSizes {
  const [batch, channels, height, width] = x as Sides;
  const [outputs, , ...window] = weight as Sides;
  return { batch, channels, outputs, plane: [height, width], window, stride, padding, groups };
}

function pool2dSizes(
  { kind, window, stride, padding }: Omit<OperationOf<"pool2d">, "op">,
  x: readonly number[],
): Pool2dSizes {
  const [batch, channels, height, width] = x as Sides;
  return { kind, batch, channels, plane: [height, width], window, stride, padding };
}
