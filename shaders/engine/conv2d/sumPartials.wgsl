// The sum of partial sums, in their order: total[i] = Σ over s of partial[s, i], four elements a lane.

override GRID_WIDTH: u32;
override SPLITS: u32;
override FOURS: u32; // in a partial sum
const WORKGROUP = 64u;

@group(0) @binding(0) var<storage, read> partial: array<vec4f>; // [SPLITS, FOURS]
@group(0) @binding(1) var<storage, read_write> total: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let four = (workgroup.y * GRID_WIDTH + workgroup.x) * WORKGROUP + lane;
  if (four >= FOURS) {
    return;
  }
  var sum = partial[four];
  for (var split = 1u; split < SPLITS; split++) {
    sum += partial[split * FOURS + four];
  }
  total[four] = sum;
}
