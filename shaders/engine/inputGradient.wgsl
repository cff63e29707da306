// The gradient of a linear layer's input, back through the max(0, ·) that made the input.
//   dx[m, k] = Σₙ dy[m, n] w[k, n]  where x[m, k] > 0, else 0
// Goodfellow, Bengio & Courville, "Deep Learning" (2016), algorithm 6.4. At x = 0 the derivative of max(0, ·) is taken
// to be 0, as PyTorch does.
// left = dy [rows, inner], right = w [columns, inner], product = dx [rows, columns]

@group(0) @binding(4) var<storage, read> x: array<f32>; // [rows, columns]

fn leftBlock(m: u32, n: u32) -> mat4x4f {
  return blockOfLeft(m, n, Size(shape.rows, shape.inner));
}

fn rightBlock(n: u32, k: u32) -> mat4x4f {
  return transpose(blockOfRight(k, n, Size(shape.columns, shape.inner)));
}

fn finish(m: u32, k: u32, sum: mat4x4f) {
  storeProduct(m, k, throughRelu(m, k, sum[0]));
  storeProduct(m + 1u, k, throughRelu(m + 1u, k, sum[1]));
  storeProduct(m + 2u, k, throughRelu(m + 2u, k, sum[2]));
  storeProduct(m + 3u, k, throughRelu(m + 3u, k, sum[3]));
}

fn throughRelu(m: u32, k: u32, gradient: vec4f) -> vec4f {
  let at = m * shape.columns + k;
  return select(vec4f(), gradient, vec4f(x[at], x[at + 1u], x[at + 2u], x[at + 3u]) > vec4f());
}
