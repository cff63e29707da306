/** The singular values of a matrix [rows, columns], row by row: one-sided Jacobi (Hestenes 1958), in float64. */
export function singularValues(values: ArrayLike<number>, [rows, columns]: readonly [number, number]): number[] {
  const [short, long] = [Math.min(rows, columns), Math.max(rows, columns)];
  const at = (i: number, k: number): number => values[rows <= columns ? i * columns + k : k * columns + i] as number;
  const vectors = Array.from({ length: short }, (_, i) => Float64Array.from({ length: long }, (_, k) => at(i, k)));
  for (let sweep = 0; sweep < 30; sweep++) if (!rotateAll(vectors)) break;
  return vectors.map((vector) => Math.sqrt(dot(vector, vector)));
}

/** Makes each pair of vectors orthogonal, once; whether any was not. */
function rotateAll(vectors: readonly Float64Array[]): boolean {
  let isRotated = false;
  for (const [i, a] of vectors.entries()) {
    for (const b of vectors.slice(i + 1)) {
      const [aa, bb, ab] = [dot(a, a), dot(b, b), dot(a, b)];
      if (Math.abs(ab) <= 1e-12 * Math.sqrt(aa * bb)) continue;
      isRotated = true;
      const zeta = (bb - aa) / (2 * ab);
      const tangent = Math.sign(zeta || 1) / (Math.abs(zeta) + Math.hypot(1, zeta));
      const cosine = 1 / Math.hypot(1, tangent);
      for (const [k, x] of a.entries()) {
        const y = b[k] as number;
        a[k] = cosine * (x - tangent * y);
        b[k] = cosine * (tangent * x + y);
      }
    }
  }
  return isRotated;
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, x, i) => sum + x * (b[i] as number), 0);
