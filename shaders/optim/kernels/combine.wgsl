// Adds up the tiles of each tensor: one workgroup a tensor.
//   totals[tensor][k] = Σ sums[slot][k] over the tensor's slots
// Lane j adds slots j, j + 64, … in order, and a fixed tree adds up the lanes.

override GRID_WIDTH: u32 = 65535;
override SUMS: u32 = 1;

struct Span {
  first: u32, // slot
  count: u32,
  tensor: u32,
}

// All three are ranges of one buffer, which WebGPU binds either to be written or not.
@group(0) @binding(0) var<storage, read_write> spans: array<Span>;
@group(0) @binding(1) var<storage, read_write> sums: array<f32>;
@group(0) @binding(2) var<storage, read_write> totals: array<f32>;

const LANES = 64u;
var<workgroup> lanes: array<f32, LANES>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let index = workgroup.y * GRID_WIDTH + workgroup.x;
  if (index >= arrayLength(&spans)) {
    return;
  }
  let span = spans[index];
  for (var k = 0u; k < SUMS; k++) {
    var sum = 0.0;
    for (var i = lane; i < span.count; i += LANES) {
      sum += sums[(span.first + i) * SUMS + k];
    }
    lanes[lane] = sum;
    for (var half = LANES / 2u; half > 0u; half /= 2u) {
      workgroupBarrier();
      if (lane < half) {
        lanes[lane] += lanes[lane + half];
      }
    }
    if (lane == 0u) {
      totals[span.tensor * SUMS + k] = lanes[0];
    }
    workgroupBarrier(); // The next sum writes what this one's last step has read.
  }
}
