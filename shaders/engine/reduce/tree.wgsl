// The lanes of a workgroup combined by a fixed tree in workgroup memory, for its first lane.

var<workgroup> partials: array<f32, WORKGROUP>;

fn combineLanes(lane: u32, own: f32) -> f32 {
  partials[lane] = own;
  for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      partials[lane] = combine(vec4f(partials[lane]), vec4f(partials[lane + half])).x;
    }
  }
  return partials[lane];
}
