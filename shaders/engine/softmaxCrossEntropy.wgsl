// Softmax cross-entropy, its gradient, and what it tells about the batch.
//   p[m, c] = exp(z[m, c] - zmax[m]) / Σ_c exp(z[m, c] - zmax[m])
//   loss = 1/rows Σₘ (log Σ_c exp(z[m, c] - zmax[m]) - (z[m, y[m]] - zmax[m]))
//   dz[m, c] = (p[m, c] - [c = y[m]]) / rows, written over z
// Goodfellow, Bengio & Courville, "Deep Learning" (2016), section 6.2.2.3; zmax[m], the row's largest, keeps exp from
// overflowing. One workgroup does it all: each lane takes every 64th row, and a fixed tree adds the lanes up.

struct Shape {
  rows: u32,
  classes: u32,
}

@group(0) @binding(0) var<storage, read_write> z: array<f32>; // [rows, classes]; dz afterwards
@group(0) @binding(1) var<storage, read> y: array<u32>; // [rows]
@group(0) @binding(2) var<storage, read> slot: array<u32>; // [1]: where in `metrics` this batch goes
@group(0) @binding(3) var<storage, read_write> metrics: array<vec2f>; // [slots]: the loss, and how many rows were right
@group(0) @binding(4) var<storage, read_write> predictions: array<u32>; // [rows]: the class with the largest logit
@group(0) @binding(5) var<uniform> shape: Shape;

const LANES = 64u;
var<workgroup> sums: array<vec2f, LANES>;

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32) {
  var sum = vec2f();
  for (var m = lane; m < shape.rows; m += LANES) {
    sum += crossEntropy(m);
  }
  sums[lane] = sum;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      sums[lane] += sums[lane + half];
    }
  }
  if (lane == 0u) {
    metrics[slot[0]] = vec2f(sums[0].x / f32(shape.rows), sums[0].y);
  }
}

// The loss of row m, and 1 where its prediction is right.
fn crossEntropy(m: u32) -> vec2f {
  let start = m * shape.classes;
  var best = 0u;
  for (var c = 1u; c < shape.classes; c++) {
    if (z[start + c] > z[start + best]) {
      best = c;
    }
  }
  let zmax = z[start + best];
  let label = y[m];
  let zlabel = z[start + label];
  var total = 0.0;
  for (var c = 0u; c < shape.classes; c++) {
    let e = exponential(z[start + c] - zmax);
    z[start + c] = e;
    total += e;
  }
  for (var c = 0u; c < shape.classes; c++) {
    let p = z[start + c] / total;
    z[start + c] = (p - select(0.0, 1.0, c == label)) / f32(shape.rows);
  }
  predictions[m] = best;
  return vec2f(log(total) - (zlabel - zmax), select(0.0, 1.0, best == label));
}
