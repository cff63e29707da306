import type { Round, Values } from "./numerics.ts";
import { type Tiling, total } from "./total.ts";

/** Of the quintic X ← aX + b(XXᵀ)X + c(XXᵀ)²X. */
export type Coefficients = readonly [a: number, b: number, c: number];

export interface NewtonSchulz {
  coefficients: Coefficients;
  steps: number;
  /** The least norm to divide by. */
  eps: number;
}

/** A matrix by its shorter and its longer side, whichever of the two its rows are; nothing is copied. */
interface Matrix {
  values: Values;
  short: number;
  long: number;
  strides: readonly [short: number, long: number];
}

/** `values`, [rows, columns] row by row, with the shorter side first. */
function shortFirst(values: Values, rows: number, columns: number): Matrix {
  return rows <= columns
    ? { values, short: rows, long: columns, strides: [columns, 1] }
    : { values, short: columns, long: rows, strides: [1, columns] };
}

/** Every product sum is taken one product at a time, in the order of k and from zero. */
function sumOfProducts(count: number, product: (k: number) => number, round: Round): number {
  let sum = 0;
  for (let k = 0; k < count; k++) sum = round(sum + round(product(k)));
  return sum;
}

/** X Xᵀ, which is symmetric: [short, short]. */
function gram({ values, short, long, strides: [s, l] }: Matrix, round: Round): Values {
  const product = like(values, short * short);
  for (let i = 0; i < short; i++) {
    for (let j = 0; j <= i; j++) {
      const sum = sumOfProducts(long, (k) => at(values, i * s + k * l) * at(values, j * s + k * l), round);
      product[i * short + j] = sum;
      product[j * short + i] = sum;
    }
  }
  return product;
}

/** aX + BX, X being what is returned in the end as well: laid out as X is. */
function combine(a: number, b: Values, { values, short, long, strides: [s, l] }: Matrix, round: Round): Values {
  const next = like(values, values.length);
  for (let i = 0; i < short; i++) {
    for (let j = 0; j < long; j++) {
      const sum = sumOfProducts(short, (k) => at(b, i * short + k) * at(values, k * s + j * l), round);
      next[i * s + j * l] = round(round(a * at(values, i * s + j * l)) + sum);
    }
  }
  return next;
}

/**
 * U Vᵀ of the matrix U S Vᵀ, nearly: the singular values come out between 0.7 and 1.2 (Keller Jordan 2024). X is the
 * matrix over its norm; each step is A = XXᵀ, B = bA + cAA, X ← aX + BX. The norm divides A and X of the first step where
 * they are stored, and not the matrix before it, which the shaders would have to write once more.
 * `matrix` is [rows, columns], row by row; `tiling` is how the shaders add up its norm.
 */
export function orthogonalized(
  matrix: Values,
  [rows, columns]: readonly [rows: number, columns: number],
  { coefficients, steps, eps }: NewtonSchulz,
  round: Round,
  tiling?: Tiling,
): Values {
  const [a, b, c] = coefficients.map(round) as unknown as Coefficients;
  const squares = total(matrix.length, (i) => round(at(matrix, i) * at(matrix, i)), round, tiling);
  const inverse = round(1 / Math.max(round(Math.sqrt(squares)), round(eps)));
  let values = matrix;
  for (let step = 0; step < steps; step++) {
    const x = shortFirst(values, rows, columns);
    let squared = gram(x, round);
    if (step === 0) squared = squared.map((sum) => round(round(sum * inverse) * inverse));
    const fourth = gram(shortFirst(squared, x.short, x.short), round);
    const polynomial = squared.map((sum, i) => round(round(b * sum) + round(c * at(fourth, i))));
    values = combine(a, polynomial, x, round);
    if (step === 0) values = values.map((sum) => round(sum * inverse));
  }
  return values;
}

const at = (values: Values, i: number): number => values[i] as number;

const like = (values: Values, length: number): Values =>
  values instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
