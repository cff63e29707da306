import { elementsOf, type Shape } from "../../graph/index.ts";
import type { Round, Values } from "../numerics.ts";
import { broadcastStrides, placesOf } from "./places.ts";
import { zeros } from "./zeros.ts";

/** The sum or the largest of x over the axes along which `to` has sides of 1, in the order of the elements. */
export function reduce(fn: "sum" | "max", x: Values, shape: Shape, to: Shape, round: Round): Values {
  const y = zeros(x, elementsOf(to));
  const places = placesOf(shape, broadcastStrides(to, shape));
  if (fn === "max") y.fill(-Infinity);
  for (let i = 0; i < places.length; i++) {
    const place = places[i] as number;
    const [so, next] = [y[place] as number, x[i] as number];
    y[place] = fn === "max" ? Math.max(so, next) : round(so + next);
  }
  return y;
}
