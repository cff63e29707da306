// One level of a sum of squares: each workgroup adds up one stretch of the values.
//   sums[first + w] = Σ values[i]² over stretch w, without the square where SQUARE is not set
// With SQUARE it is the first level, over the values; without it the second, over the first one's sums. Stretches, the
// order within a lane and the tree over the lanes are fixed, so the result has the same bits every time.
// Pairwise sums err by O(log n) roundings: Higham, "The accuracy of floating point summation" (1993).

override SQUARE: bool;
override GRID_WIDTH: u32;

struct Span {
  count: u32, // of values, in fours
  stretch: u32, // of a workgroup, in fours
  first: u32, // where the first workgroup's sum goes
}

@group(0) @binding(0) var<storage, read> values: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> sums: array<f32>;
@group(0) @binding(2) var<uniform> span: Span;

const LANES = 64u;
var<workgroup> lanes: array<f32, LANES>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let index = workgroup.y * GRID_WIDTH + workgroup.x;
  let start = index * span.stretch;
  let end = min(start + span.stretch, span.count);
  var sum = vec4f();
  for (var i = start + lane; i < end; i += LANES) {
    let value = values[i];
    sum += select(value, value * value, SQUARE);
  }
  lanes[lane] = (sum.x + sum.y) + (sum.z + sum.w);
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      lanes[lane] += lanes[lane + half];
    }
  }
  if (lane == 0u && start < span.count) {
    sums[span.first + index] = lanes[0];
  }
}
