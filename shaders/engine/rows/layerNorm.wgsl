// y[r, c] = (x[r, c] - mean[r]) rstd[r] weight[c] + bias[c], with mean[r] = 1/C Σᵢ x[r, i] and
// rstd[r] = 1 / √(1/C Σᵢ (x[r, i] - mean[r])² + ε).
// Ba, Kiros & Hinton, "Layer Normalization" (2016), https://arxiv.org/abs/1607.06450, equation 3, with PyTorch's ε under the
// root. The variance is taken about the mean in a second pass: E[x²] - mean² would lose a small one beside a large mean.

override EPSILON: f32;
override COPY_ROWS: u32; // of each copy of the weight, one after the other

@group(0) @binding(0) var<storage, read> x: array<Elements>; // [rows, columns]
@group(0) @binding(1) var<storage, read> weight: array<Elements>; // [copies, columns]
@group(0) @binding(2) var<storage, read> bias: array<Elements>; // [copies, columns]
@group(0) @binding(3) var<storage, read_write> y: array<Elements>; // [rows, columns]
@group(0) @binding(4) var<storage, read_write> means: array<f32>; // [rows]
@group(0) @binding(5) var<storage, read_write> rstds: array<f32>; // [rows]

fn compute(row: u32, lane: u32) {
  let start = row * WIDTH;
  let own = row / COPY_ROWS * WIDTH;
  var sum = 0.0;
  for (var at = lane; at < WIDTH; at += LANES) {
    sum += sumOf(x[start + at]);
  }
  let mean = rowSum(sum) / f32(COLUMNS);
  var squares = 0.0;
  for (var at = lane; at < WIDTH; at += LANES) {
    let centered = x[start + at] - mean;
    squares += sumOf(centered * centered);
  }
  let rstd = 1.0 / sqrt(rowSum(squares) / f32(COLUMNS) + EPSILON);
  for (var at = lane; at < WIDTH; at += LANES) {
    y[start + at] = (x[start + at] - mean) * rstd * weight[own + at] + bias[own + at];
  }
  if (lane == 0u) {
    means[row] = mean;
    rstds[row] = rstd;
  }
}
