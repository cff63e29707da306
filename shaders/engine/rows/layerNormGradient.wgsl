// The gradient of layer norm by its input: with g = dy weight and n = (x - mean) rstd,
//   dx[r, c] = rstd[r] (g[r, c] - 1/C Σᵢ g[r, i] - n[r, c] 1/C Σᵢ g[r, i] n[r, i]) + residual[r, c].
// Of n by x through mean and rstd: Ioffe & Szegedy, "Batch Normalization" (2015), https://arxiv.org/abs/1502.03167,
// section 3, over a row instead of a batch.
// The residual is what comes past the norm in x + f(norm(x)): its gradient goes into x unchanged.

override HAS_RESIDUAL: bool;
override COPY_ROWS: u32; // of each copy of the weight, one after the other

@group(0) @binding(0) var<storage, read> x: array<Elements>; // [rows, columns]
@group(0) @binding(1) var<storage, read> weight: array<Elements>; // [copies, columns]
@group(0) @binding(2) var<storage, read> means: array<f32>; // [rows]
@group(0) @binding(3) var<storage, read> rstds: array<f32>; // [rows]
@group(0) @binding(4) var<storage, read> dy: array<Elements>; // [rows, columns]
@group(0) @binding(5) var<storage, read> residual: array<Elements>; // [rows, columns]; not read unless HAS_RESIDUAL
@group(0) @binding(6) var<storage, read_write> dx: array<Elements>; // [rows, columns]

fn compute(row: u32, lane: u32) {
  let start = row * WIDTH;
  let own = row / COPY_ROWS * WIDTH;
  let mean = means[row];
  let rstd = rstds[row];
  var sum = 0.0;
  var product = 0.0;
  for (var at = lane; at < WIDTH; at += LANES) {
    let g = dy[start + at] * weight[own + at];
    sum += sumOf(g);
    product += sumOf(g * ((x[start + at] - mean) * rstd));
  }
  sum = rowSum(sum) / f32(COLUMNS);
  product = rowSum(product) / f32(COLUMNS);
  for (var at = lane; at < WIDTH; at += LANES) {
    let g = dy[start + at] * weight[own + at];
    let n = (x[start + at] - mean) * rstd;
    dx[start + at] = rstd * (g - sum - n * product) + residualAt(start + at);
  }
}

fn residualAt(at: u32) -> Elements {
  if (HAS_RESIDUAL) {
    return residual[at];
  }
  return Elements();
}
