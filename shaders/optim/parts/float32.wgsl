// Parameters and gradients in float32, four to a lane.

@group(0) @binding(0) var<storage, read_write> param: array<vec4f>;
// Written only to zero it. Bound as read_write also because parameters and gradients may be ranges of one buffer.
@group(0) @binding(1) var<storage, read_write> grad: array<vec4f>;

fn readParam(i: u32, count: u32) -> Wide {
  return param[i];
}

fn writeParam(i: u32, count: u32, p: Wide) {
  param[i] = p;
}

fn readGrad(i: u32, count: u32) -> Wide {
  return grad[i];
}

fn clearGrad(i: u32, count: u32) {
  grad[i] = Wide();
}
