// A linear layer: y = x · w + b, and max(0, y) where RELU is set.
//   y[m, n] = Σₖ x[m, k] w[k, n] + b[n]
// Goodfellow, Bengio & Courville, "Deep Learning" (2016), equations 6.36 and 6.37. PyTorch keeps w transposed.
// left = x [rows, inner], right = w [inner, columns], product = y [rows, columns]

override RELU: bool;

@group(0) @binding(4) var<storage, read> bias: array<f32>; // [columns]

fn leftBlock(m: u32, k: u32) -> mat4x4f {
  return blockOfLeft(m, k, Size(shape.rows, shape.inner));
}

fn rightBlock(k: u32, n: u32) -> mat4x4f {
  return blockOfRight(k, n, Size(shape.inner, shape.columns));
}

fn finish(m: u32, n: u32, sum: mat4x4f) {
  let b = vec4f(bias[n], bias[n + 1u], bias[n + 2u], bias[n + 3u]);
  storeProduct(m, n, activated(sum[0] + b));
  storeProduct(m + 1u, n, activated(sum[1] + b));
  storeProduct(m + 2u, n, activated(sum[2] + b));
  storeProduct(m + 3u, n, activated(sum[3] + b));
}

fn activated(y: vec4f) -> vec4f {
  if (RELU) {
    return max(y, vec4f());
  }
  return y;
}
