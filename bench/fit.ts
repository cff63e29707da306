/** How times grow: a line through points. */

export interface Line {
  readonly fixed: number;
  readonly slope: number;
  /** The largest deviation of a point from the line, as a share of the point. */
  readonly worstDeviation: number;
}

/**
 * The line y = fixed + slope · x by least squares of the relative deviations: points that are thousands of times apart count
 * alike.
 * @throws RangeError for fewer than two different x, and where a y is not above 0.
 */
export function fitLine(points: readonly (readonly [x: number, y: number])[]): Line {
  let [w, wx, wy, wxx, wxy] = [0, 0, 0, 0, 0];
  for (const [x, y] of points) {
    if (!(y > 0)) throw new RangeError(`fit: a point is not above 0 (got ${y} at ${x}). Leave it out.`);
    const weight = 1 / (y * y);
    w += weight;
    wx += weight * x;
    wy += weight * y;
    wxx += weight * x * x;
    wxy += weight * x * y;
  }
  const determinant = w * wxx - wx * wx;
  if (new Set(points.map(([x]) => x)).size < 2 || !(determinant > 0)) {
    throw new RangeError(`fit: a line needs two different x (got ${points.length} points). Measure more.`);
  }
  const slope = (w * wxy - wx * wy) / determinant;
  const fixed = (wxx * wy - wx * wxy) / determinant;
  const worstDeviation = Math.max(...points.map(([x, y]) => Math.abs(fixed + slope * x - y) / y));
  return { fixed, slope, worstDeviation };
}
