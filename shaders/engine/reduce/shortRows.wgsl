// As rows.wgsl, for many outputs: a lane an output, without barriers.

override GRID_WIDTH: u32;
override OUTPUTS: u32;
override RUNS: u32;
override INNER: u32;
const WORKGROUP = 64u;

@group(0) @binding(0) var<storage, read_write> y: array<f32>; // [OUTPUTS]

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let output = (workgroup.y * GRID_WIDTH + workgroup.x) * WORKGROUP + lane;
  if (output >= OUTPUTS) {
    return;
  }
  var total = vec4f(IDENTITY);
  for (var run = 0u; run < RUNS; run++) {
    let start = startOf(output, run);
    for (var at = 0u; at < INNER; at += 4u) {
      let group = evaluate(start + at);
      total = combine(total, select(vec4f(IDENTITY), group, vec4u(0u, 1u, 2u, 3u) + at < vec4u(INNER)));
    }
  }
  let halves = combine(vec4f(total.xy, 0.0, 0.0), vec4f(total.zw, 0.0, 0.0));
  y[output] = combine(vec4f(halves.x), vec4f(halves.y)).x;
}
