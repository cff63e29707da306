// Parameters and gradients in float32, in buffers that end between two groups of four: element by element, no further than
// the tensor goes. For the last tile of such a tensor.

@group(0) @binding(0) var<storage, read_write> param: array<f32>;
@group(0) @binding(1) var<storage, read_write> grad: array<f32>;

fn readParam(i: u32, count: u32) -> Wide {
  var p = Wide();
  for (var k = 0u; k < count; k++) {
    p[k] = param[i * 4u + k];
  }
  return p;
}

fn writeParam(i: u32, count: u32, p: Wide) {
  for (var k = 0u; k < count; k++) {
    param[i * 4u + k] = p[k];
  }
}

fn readGrad(i: u32, count: u32) -> Wide {
  var g = Wide();
  for (var k = 0u; k < count; k++) {
    g[k] = grad[i * 4u + k];
  }
  return g;
}

fn clearGrad(i: u32, count: u32) {
  for (var k = 0u; k < count; k++) {
    grad[i * 4u + k] = 0.0;
  }
}
