/** The Newton-Schulz iteration of the reference: what it does to the singular values, and to nothing else. */
import { describe, expect, test } from "vitest";
import { randomSigned } from "../../src/numbers/random.ts";
import { float32, float64 } from "../../src/reference/index.ts";
import { type Coefficients, type NewtonSchulz, orthogonalized } from "../../src/reference/newtonSchulz.ts";
import { distance, norm } from "./lawsRun.ts";

const defaults: NewtonSchulz = { coefficients: [3.4445, -4.775, 2.0315], steps: 5, eps: 1e-7 };

/** Element (i, j) of the reflection I - 2 v vᵀ / vᵀv, which is orthogonal. */
function reflection(size: number, seed: number): (i: number, j: number) => number {
  const v = Array.from({ length: size }, (_, i) => randomSigned(seed, 0, i));
  const scale = 2 / v.reduce((sum, x) => sum + x * x, 0);
  return (i, j) => (i === j ? 1 : 0) - scale * v[i]! * v[j]!;
}

/** U S Vᵀ, [rows, columns], of the singular values on the diagonal of S. */
function composed(rows: number, columns: number, singular: readonly number[]): Float64Array {
  const [u, v] = [reflection(rows, 1), reflection(columns, 2)];
  return Float64Array.from({ length: rows * columns }, (_, at) => {
    const [i, j] = [Math.floor(at / columns), at % columns];
    return singular.reduce((sum, s, k) => sum + u(i, k) * s * v(j, k), 0);
  });
}

const shapes: readonly (readonly [number, number])[] = [
  [1, 1],
  [1, 7],
  [7, 1],
  [3, 5],
  [5, 3],
  [16, 16],
  [33, 20],
];
const singularOf = ([rows, columns]: readonly [number, number]): number[] =>
  Array.from({ length: Math.min(rows, columns) }, (_, k) => 1 / (1 + k / 2));
const quintic = ([a, b, c]: Coefficients, x: number): number => a * x + b * x ** 3 + c * x ** 5;
const steps = (count: number, coefficients: Coefficients, x: number): number =>
  count === 0 ? x : steps(count - 1, coefficients, quintic(coefficients, x));

describe.each(shapes)("[%d, %d]", (...sides) => {
  const singular = singularOf(sides);
  const matrix = composed(...sides, singular);

  test.each([1, 3, 5, 8])("%d steps are as many steps of the polynomial on each singular value", (count) => {
    for (const coefficients of [defaults.coefficients, [1.875, -1.25, 0.375] as const]) {
      const expected = singular.map((s) => steps(count, coefficients, s / norm(singular)));
      const found = orthogonalized(matrix, sides, { ...defaults, coefficients, steps: count }, float64);
      expect(distance(found, composed(...sides, expected))).toBeLessThan(1e-12);
    }
  });

  test("the defaults take every singular value to between 0.68 and 1.14, and float32 to within 4e-6 of there", () => {
    for (const s of singular.map((each) => steps(5, defaults.coefficients, each / norm(singular)))) {
      expect(s).toBeGreaterThan(0.68);
      expect(s).toBeLessThan(1.14);
    }
    const exact = orthogonalized(matrix, sides, defaults, float64);
    const rounded = orthogonalized(Float32Array.from(matrix), sides, defaults, float32);
    expect(distance(rounded, exact)).toBeLessThan(4e-6);
  });

  test("scaling the matrix by a power of two changes no bit", () => {
    const x = Float32Array.from(matrix);
    for (const factor of [2 ** -12, 2 ** 40]) {
      const scaled = x.map((each) => each * factor);
      expect(orthogonalized(scaled, sides, defaults, float32)).toEqual(orthogonalized(x, sides, defaults, float32));
    }
  });
});

const oblong = shapes.filter(([rows, columns]) => rows !== columns);

test.each(oblong)("the transposed of a matrix [%d, %d] comes out transposed, with the same bits", (rows, columns) => {
  const sides = [rows, columns] as const;
  const transposed = (values: ArrayLike<number>, width: number): Float32Array =>
    Float32Array.from({ length: values.length }, (_, at) => {
      const height = values.length / width;
      return values[(at % height) * width + Math.floor(at / height)]!;
    });
  const x = Float32Array.from(composed(rows, columns, singularOf(sides)));
  // The norm is added up in the order of memory: a power of two for it leaves that out.
  const few = { ...defaults, eps: 1024 };
  expect(orthogonalized(transposed(x, columns), [columns, rows], few, float32)).toEqual(
    transposed(orthogonalized(x, sides, few, float32), columns),
  );
});

test("a matrix of zeros stays one, and one far below eps nearly", () => {
  expect(orthogonalized(new Float32Array(6), [2, 3], defaults, float32)).toEqual(new Float32Array(6));
  const tiny = orthogonalized(new Float32Array([1e-30, 0, 0, 1e-30]), [2, 2], defaults, float32);
  expect(norm(tiny)).toBeLessThan(1e-19);
});
