import { layers, type Model, model, ops, type Tensor } from "../src/engine/index.ts";

/** A gated block: x + gain · down(silu(gate(x)) · up(x)), whose gain is a parameter by itself. */
export function gatedBlock(width: number): Model {
  const [gate, up, down] = [
    layers.linear(width, 4 * width),
    layers.linear(width, 4 * width),
    layers.linear(4 * width, width),
  ];
  const parts = { gate, up, down, gain: ops.parameter([width], "norm", 1) };
  return model(parts, ({ gate, up, down, gain }, x: Tensor) => {
    const inside = ops.mul(ops.silu(gate(x)), up(x));
    return ops.add(x, ops.mul(gain, down(inside)));
  });
}
