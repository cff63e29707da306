// The gradient of RMS norm by its input: with g = dy weight and n = x rstd,
//   dx[r, c] = rstd[r] (g[r, c] - n[r, c] 1/C Σᵢ g[r, i] n[r, i]) + residual[r, c].
// Zhang & Sennrich, "Root Mean Square Layer Normalization" (2019), https://arxiv.org/abs/1910.07467, section 4.2.
// The residual is what comes past the norm in x + f(norm(x)): its gradient goes into x unchanged.

override HAS_RESIDUAL: bool;
override COPY_ROWS: u32; // of each copy of the weight, one after the other

@group(0) @binding(0) var<storage, read> x: array<Elements>; // [rows, columns]
@group(0) @binding(1) var<storage, read> weight: array<Elements>; // [copies, columns]
@group(0) @binding(2) var<storage, read> rstds: array<f32>; // [rows]
@group(0) @binding(3) var<storage, read> dy: array<Elements>; // [rows, columns]
@group(0) @binding(4) var<storage, read> residual: array<Elements>; // [rows, columns]; not read unless HAS_RESIDUAL
@group(0) @binding(5) var<storage, read_write> dx: array<Elements>; // [rows, columns]

fn compute(row: u32, lane: u32) {
  let start = row * WIDTH;
  let own = row / COPY_ROWS * WIDTH;
  let rstd = rstds[row];
  var product = 0.0;
  for (var at = lane; at < WIDTH; at += LANES) {
    product += sumOf(dy[start + at] * weight[own + at] * (x[start + at] * rstd));
  }
  product = rowSum(product) / f32(COLUMNS);
  for (var at = lane; at < WIDTH; at += LANES) {
    let g = dy[start + at] * weight[own + at];
    let n = x[start + at] * rstd;
    dx[start + at] = rstd * (g - n * product) + residualAt(start + at);
  }
}

fn residualAt(at: u32) -> Elements {
  if (HAS_RESIDUAL) {
    return residual[at];
  }
  return Elements();
}
