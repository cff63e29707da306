// y[r, c] = x[r, c] rstd[r] weight[c], with rstd[r] = 1 / √(1/C Σᵢ x[r, i]² + ε).
// Zhang & Sennrich, "Root Mean Square Layer Normalization" (2019), https://arxiv.org/abs/1910.07467, equation 4, with
// PyTorch's ε under the root.

override EPSILON: f32;
override COPY_ROWS: u32; // of each copy of the weight, one after the other

@group(0) @binding(0) var<storage, read> x: array<Elements>; // [rows, columns]
@group(0) @binding(1) var<storage, read> weight: array<Elements>; // [copies, columns]
@group(0) @binding(2) var<storage, read_write> y: array<Elements>; // [rows, columns]
@group(0) @binding(3) var<storage, read_write> rstds: array<f32>; // [rows]

fn compute(row: u32, lane: u32) {
  let start = row * WIDTH;
  let own = row / COPY_ROWS * WIDTH;
  var squares = 0.0;
  for (var at = lane; at < WIDTH; at += LANES) {
    squares += sumOf(x[start + at] * x[start + at]);
  }
  let rstd = 1.0 / sqrt(rowSum(squares) / f32(COLUMNS) + EPSILON);
  for (var at = lane; at < WIDTH; at += LANES) {
    y[start + at] = x[start + at] * rstd * weight[own + at];
  }
  if (lane == 0u) {
    rstds[row] = rstd;
  }
}
