// Parameters and gradients in half precision, four to a lane, two to a word.

@group(0) @binding(0) var<storage, read_write> param: array<vec2u>;
@group(0) @binding(1) var<storage, read_write> grad: array<vec2u>;

fn readParam(i: u32, count: u32) -> Wide {
  return fromHalf(unpackHalves(param[i]), halfFormat());
}

fn writeHalves(i: u32, count: u32, codes: vec4u) {
  param[i] = packHalves(codes);
}

/// Rounded to the nearest.
fn writeParam(i: u32, count: u32, p: Wide) {
  writeHalves(i, count, halfNearest(p, halfFormat()));
}

fn readGrad(i: u32, count: u32) -> Wide {
  return fromHalf(unpackHalves(grad[i]), halfFormat());
}

fn clearGrad(i: u32, count: u32) {
  grad[i] = vec2u();
}
