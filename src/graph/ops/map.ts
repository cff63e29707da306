import { show } from "../errors.ts";
import { applyOne, demand } from "../node.ts";
import { type Binary, binary, type MapFunction, type Unary, unary } from "../operation.ts";
import { broadcast } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";
import { constant, constantOf } from "./leaves.ts";

/** A tensor, or a number that broadcasts to any shape. */
export type Operand = Tensor | number;

/** Operands as tensors. */
export const tensorOf = (operand: Operand): Tensor => (typeof operand === "number" ? constant(operand) : operand);

function map(fn: MapFunction, ...operands: readonly Operand[]): Tensor {
  const inputs = operands.map(tensorOf);
  for (const { dtype, shape } of inputs) {
    demand(
      dtype === "float32" || fn === "float" || (fn === "equal" && dtype === "uint32"),
      () =>
        `${fn}: an operand of the wrong type (got ${dtype} ${show(shape)}, allowed float32). Convert it with float().`,
    );
  }
  const shape = broadcast(fn, ...inputs.map((tensor) => tensor.shape));
  return applyOne({ op: "map", fn }, inputs, { shape, dtype: "float32" });
}

const one = (fn: Unary) => (x: Operand) => map(fn, x);
const two = (fn: Binary) => (a: Operand, b: Operand) => map(fn, a, b);

const unaries = Object.fromEntries(unary.map((fn) => [fn, one(fn)])) as Record<Unary, ReturnType<typeof one>>;
const binaries = Object.fromEntries(binary.map((fn) => [fn, two(fn)])) as Record<Binary, ReturnType<typeof two>>;

export const { abs, sign, square, sqrt, exp, log, softplus } = unaries;
/**
 * `gelu` is x Φ(x), `geluTanh` its approximation by tanh (Hendrycks & Gimpel, 2016), `silu` x σ(x); `softplus` is
 * log(1 + exp(x)). `float` makes numbers of indices, and of what is stored in half precision.
 */
export const { relu, gelu, geluTanh, silu, tanh, sigmoid, float } = unaries;
export const { maximum, minimum, less, equal } = binaries;
export const { reluGradient, tanhGradient, sigmoidGradient, geluGradient, geluTanhGradient, siluGradient } = binaries;

/** −x; a number where x is known to be one everywhere, as with the other arithmetic here. */
export const neg = (x: Operand): Tensor => mul(x, -1);

/** a + b */
export function add(a: Operand, b: Operand): Tensor {
  return folded("add", a, b, (x, y) => x + y, { left: 0, right: 0 }) ?? binaries.add(a, b);
}

/** a − b */
export function sub(a: Operand, b: Operand): Tensor {
  return folded("sub", a, b, (x, y) => x - y, { right: 0 }) ?? binaries.sub(a, b);
}

/** a · b, element by element */
export function mul(a: Operand, b: Operand): Tensor {
  return folded("mul", a, b, (x, y) => x * y, { left: 1, right: 1 }) ?? binaries.mul(a, b);
}

/** a / b */
export function div(a: Operand, b: Operand): Tensor {
  return folded("div", a, b, (x, y) => x / y, { right: 1 }) ?? binaries.div(a, b);
}

/** Where the condition is not 0 the one, else the other. */
export const where = (condition: Operand, yes: Operand, no: Operand): Tensor => map("where", condition, yes, no);

/** What needs no kernel: arithmetic of constants, and of a constant that changes nothing. */
function folded(
  fn: Binary,
  a: Operand,
  b: Operand,
  compute: (x: number, y: number) => number,
  neutral: { readonly left?: number; readonly right?: number },
): Tensor | undefined {
  const [left, right] = [tensorOf(a), tensorOf(b)];
  const [x, y] = [constantOf(left), constantOf(right)];
  const shape = broadcast(fn, left.shape, right.shape);
  const keeps = (tensor: Tensor): boolean => tensor.dtype === "float32" && shape.length === tensor.shape.length;
  if (x !== undefined && y !== undefined) return constant(compute(x, y), shape);
  if (x !== undefined && x === neutral.left && keeps(right) && sameSides(right, shape)) return right;
  if (y !== undefined && y === neutral.right && keeps(left) && sameSides(left, shape)) return left;
  return undefined;
}

const sameSides = (tensor: Tensor, shape: readonly number[]): boolean =>
  tensor.shape.every((side, axis) => side === shape[axis]);
