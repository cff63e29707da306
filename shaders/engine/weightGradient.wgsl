// The gradients of a linear layer's weights and bias.
//   dw[k, n] = Σₘ x[m, k] dy[m, n]
//   db[n] = Σₘ dy[m, n]
// Goodfellow, Bengio & Courville, "Deep Learning" (2016), algorithm 6.4.
// left = x [inner, rows], right = dy [inner, columns], product = dw [rows, columns]

@group(0) @binding(4) var<storage, read_write> biasGradient: array<f32>; // [columns]

fn leftBlock(k: u32, m: u32) -> mat4x4f {
  return transpose(blockOfLeft(m, k, Size(shape.inner, shape.rows)));
}

fn rightBlock(m: u32, n: u32) -> mat4x4f {
  return blockOfRight(m, n, Size(shape.inner, shape.columns));
}

fn finish(k: u32, n: u32, sum: mat4x4f) {
  storeProduct(k, n, sum[0]);
  storeProduct(k + 1u, n, sum[1]);
  storeProduct(k + 2u, n, sum[2]);
  storeProduct(k + 3u, n, sum[3]);
  // The lanes of the first row of tiles have the columns of dy to themselves.
  if (k == 0u) {
    storeBiasGradient(n);
  }
}

fn storeBiasGradient(n: u32) {
  var sum = vec4f();
  for (var m = 0u; m < shape.inner; m++) {
    sum += loadRight(m, n, Size(shape.inner, shape.columns));
  }
  if (n < shape.columns) { biasGradient[n] = sum.x; }
  if (n + 1u < shape.columns) { biasGradient[n + 1u] = sum.y; }
  if (n + 2u < shape.columns) { biasGradient[n + 2u] = sum.z; }
  if (n + 3u < shape.columns) { biasGradient[n + 3u] = sum.w; }
}
