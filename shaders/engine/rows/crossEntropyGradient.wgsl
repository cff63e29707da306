// The gradient of Σᵣ dloss[r] loss[r] of crossEntropy.wgsl: dz[r, c] = dloss[r] (e^(z[r, c] - lse[r]) - t[r, c]);
// 0 in a row whose label is not below C.

override SMOOTHING: f32;

@group(0) @binding(0) var<storage, read> logits: array<Elements>; // [rows, columns]
@group(0) @binding(1) var<storage, read> labels: array<u32>; // [rows]
@group(0) @binding(2) var<storage, read> lses: array<f32>; // [rows]
@group(0) @binding(3) var<storage, read> dlosses: array<f32>; // [rows]
@group(0) @binding(4) var<storage, read_write> dlogits: array<Elements>; // [rows, columns]

fn compute(row: u32, lane: u32) {
  let start = row * WIDTH;
  let label = labels[row];
  let lse = lses[row];
  let dloss = select(0.0, dlosses[row], label < COLUMNS);
  for (var at = lane; at < WIDTH; at += LANES) {
    let wanted = (1.0 - SMOOTHING) * oneHot(at, label) + SMOOTHING / f32(COLUMNS);
    dlogits[start + at] = dloss * (exponentials(logits[start + at] - lse) - wanted);
  }
}
