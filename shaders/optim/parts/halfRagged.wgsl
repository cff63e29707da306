// Parameters and gradients in half precision, in buffers that end between two groups of four: word by word, no further than
// the tensor goes. For the last tile of such a tensor.

@group(0) @binding(0) var<storage, read_write> param: array<u32>;
@group(0) @binding(1) var<storage, read_write> grad: array<u32>;

fn readParam(i: u32, count: u32) -> Wide {
  var words = vec2u(param[i * 2u], 0u);
  if (count > 2u) {
    words.y = param[i * 2u + 1u];
  }
  return fromHalf(unpackHalves(words), halfFormat());
}

fn writeHalves(i: u32, count: u32, codes: vec4u) {
  let words = packHalves(codes);
  param[i * 2u] = words.x;
  if (count > 2u) {
    param[i * 2u + 1u] = words.y;
  }
}

/// Rounded to the nearest.
fn writeParam(i: u32, count: u32, p: Wide) {
  writeHalves(i, count, halfNearest(p, halfFormat()));
}

fn readGrad(i: u32, count: u32) -> Wide {
  var words = vec2u(grad[i * 2u], 0u);
  if (count > 2u) {
    words.y = grad[i * 2u + 1u];
  }
  return fromHalf(unpackHalves(words), halfFormat());
}

fn clearGrad(i: u32, count: u32) {
  grad[i * 2u] = 0u;
  if (count > 2u) {
    grad[i * 2u + 1u] = 0u;
  }
}
