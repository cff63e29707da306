// A reduction along axes other than the innermost: y[o] = Σᵣ x[r, o], four neighbouring outputs a lane, in the order of r.
// Where there are few outputs, SPLITS lanes share the sum: each leaves its part at y[split, o], and a second launch adds
// those up. `startOf`, `evaluate` and `combine` are made for each reduction.

override GRID_WIDTH: u32;
override OUTPUTS: u32;
override INNER: u32; // neighbouring outputs whose elements are neighbours too
override LENGTH: u32; // elements of an output
override SPLITS: u32;
const WORKGROUP = 64u;

@group(0) @binding(0) var<storage, read_write> y: array<f32>; // [SPLITS, OUTPUTS]

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (workgroup.y * GRID_WIDTH + workgroup.x) * WORKGROUP + lane;
  let groups = (INNER + 3u) / 4u;
  let lanes = OUTPUTS / INNER * groups;
  let split = i / lanes;
  if (split >= SPLITS) {
    return;
  }
  let at = i % groups * 4u;
  let output = i % lanes / groups * INNER + at;
  let length = (LENGTH + SPLITS - 1u) / SPLITS;
  var total = vec4f(IDENTITY);
  for (var r = split * length; r < min((split + 1u) * length, LENGTH); r++) {
    total = combine(total, evaluate(startOf(output, r)));
  }
  let place = split * OUTPUTS + output;
  y[place] = total.x;
  if (at + 1u < INNER) {
    y[place + 1u] = total.y;
  }
  if (at + 2u < INNER) {
    y[place + 2u] = total.z;
  }
  if (at + 3u < INNER) {
    y[place + 3u] = total.w;
  }
}
