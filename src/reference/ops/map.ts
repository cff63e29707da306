import { elementsOf, type MapFunction, type Shape } from "../../graph/index.ts";
import type { Round, Values } from "../numerics.ts";
import { erfc } from "./erf.ts";
import { type Numbers, valuesFor } from "./numbers.ts";
import { expand } from "./views.ts";

/** In float64; a is the first operand, b the second, c the third. */
type Scalar = (a: number, b: number, c: number) => number;

/** Every function of elements. Each is one operation: what it returns is rounded once. */
const scalars: { readonly [fn in MapFunction]: Scalar } = {
  neg: (x) => -x,
  abs: Math.abs,
  sign: Math.sign,
  square: (x) => x * x,
  sqrt: Math.sqrt,
  exp: Math.exp,
  log: Math.log,
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  relu: (x) => Math.max(x, 0),
  gelu: (x) => (x === -Infinity ? 0 : x * normalShare(x)),
  geluTanh: (x) => (x === -Infinity ? 0 : x * logistic(2 * geluArgument(x))),
  silu: (x) => (x === -Infinity ? 0 : x * logistic(x)),
  tanh: Math.tanh,
  sigmoid: logistic,
  float: (x) => x,
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  maximum: (a, b) => Math.max(a, b),
  minimum: (a, b) => Math.min(a, b),
  less: (a, b) => Number(a < b),
  equal: (a, b) => Number(a === b),
  reluGradient: (y, dy) => (y > 0 ? dy : 0),
  tanhGradient: (y, dy) => dy * (1 - y) * (1 + y),
  sigmoidGradient: (y, dy) => dy * y * (1 - y),
  geluGradient: (x, dy) => dy * (normalShare(x) + timesDensity(x)),
  geluTanhGradient(x, dy) {
    const share = logistic(2 * geluArgument(x));
    const slope = Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x);
    const bump = share * (1 - share);
    return dy * (share + (bump === 0 ? 0 : 2 * x * bump * slope));
  },
  siluGradient(x, dy) {
    const share = logistic(x);
    const bump = share * (1 - share);
    return dy * (share + (bump === 0 ? 0 : x * bump));
  },
  where: (condition, yes, no) => (condition !== 0 ? yes : no),
};

/** Φ(x), the share of a normal distribution below x. */
const normalShare = (x: number): number => erfc(-x / Math.SQRT2) / 2;

/** x φ(x), φ being the normal density. */
const timesDensity = (x: number): number =>
  Math.abs(x) > 40 ? 0 : (x * Math.exp(-(x * x) / 2)) / Math.sqrt(2 * Math.PI);

/** What `geluTanh` takes the tanh of. 1 + tanh(u) is 2 σ(2u), which keeps its digits where it is small. */
const geluArgument = (x: number): number => Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);

/** σ(x), by whichever form does not overflow. */
function logistic(x: number): number {
  const e = Math.exp(-Math.abs(x));
  return x < 0 ? e / (1 + e) : 1 / (1 + e);
}

/** A function of each element of operands of the given shapes, broadcast to the shape `to`. */
export function map(
  fn: MapFunction,
  operands: readonly Numbers[],
  shapes: readonly Shape[],
  to: Shape,
  round: Round,
): Values {
  const f = scalars[fn];
  const y = valuesFor(round, elementsOf(to));
  const [a, b, c] = operands.map((x, i) => {
    return x.length === y.length ? x : expand(x, shapes[i] as Shape, to);
  }) as [Numbers, Numbers?, Numbers?];
  if (c && b) for (let i = 0; i < y.length; i++) y[i] = round(f(a[i] as number, b[i] as number, c[i] as number));
  else if (b) for (let i = 0; i < y.length; i++) y[i] = round(f(a[i] as number, b[i] as number, 0));
  else for (let i = 0; i < y.length; i++) y[i] = round(f(a[i] as number, 0, 0));
  return y;
}
