// A reduction along the innermost axis, and others: y[o] = Σ x over the elements of output o, which are RUNS stretches of
// INNER neighbours. One workgroup an output: each lane takes every WORKGROUPth group of four, and `combineLanes` combines the lanes.
// `startOf`, `evaluate` and `combine` are made for each reduction.

override GRID_WIDTH: u32;
override OUTPUTS: u32;
override RUNS: u32;
override INNER: u32;
const WORKGROUP = 64u;

@group(0) @binding(0) var<storage, read_write> y: array<f32>; // [OUTPUTS]

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let output = workgroup.y * GRID_WIDTH + workgroup.x;
  let groups = (INNER + 3u) / 4u;
  var total = vec4f(IDENTITY);
  for (var i = lane; i < RUNS * groups; i += WORKGROUP) {
    total = combine(total, groupOf(output, i / groups, i % groups * 4u));
  }
  let halves = combine(vec4f(total.xy, 0.0, 0.0), vec4f(total.zw, 0.0, 0.0));
  let own = combine(vec4f(halves.x), vec4f(halves.y)).x;
  let all = combineLanes(lane, own);
  if (lane == 0u && output < OUTPUTS) {
    y[output] = all;
  }
}

// Four neighbours of a stretch; what lies beyond its end changes nothing.
fn groupOf(output: u32, run: u32, at: u32) -> vec4f {
  let group = evaluate(startOf(output, run) + at);
  return select(vec4f(IDENTITY), group, vec4u(0u, 1u, 2u, 3u) + at < vec4u(INNER));
}
