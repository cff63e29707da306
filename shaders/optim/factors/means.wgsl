// Adafactor, third pass: the mean of each matrix's rowVar, of the sums of its pieces.
// Up to 256 lanes a matrix add up its pieces, each every 256th, and then a tree the lanes.

/// Lanes that the order of summation counts on; a workgroup of fewer takes them in turns.
const LANES = 256u;

/// The matrices that a workgroup works on.
struct Unit {
  axis: u32,
  matrix: u32,
  matricesLog2: u32,
  lanesLog2: u32, // of a matrix
}

@group(2) @binding(0) var<storage, read> axes: array<Axis>;
@group(2) @binding(1) var<storage, read> units: array<Unit>;
@group(2) @binding(2) var<storage, read_write> sums: array<f32>;

var<workgroup> lanes: array<f32, LANES>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) first: u32) {
  let index = tileIndex(workgroup);
  if (index >= arrayLength(&units)) {
    return;
  }
  let unit = units[index];
  let axis = axes[unit.axis];
  if (axis.matrices == 0u || isSkipped()) {
    return;
  }
  let stride = 1u << unit.lanesLog2;
  let used = stride << unit.matricesLog2;
  for (var lane = first; lane < used; lane += WORKGROUP_SIZE) {
    var sum = 0.0;
    let matrix = unit.matrix + (lane >> unit.lanesLog2);
    for (var i = lane & (stride - 1); matrix < axis.matrices && i < axis.pieces; i += stride) {
      sum += sums[axis.pieceSums + matrix * axis.pieces + i];
    }
    lanes[lane] = sum;
  }
  for (var half = stride / 2; half > 0; half /= 2) {
    workgroupBarrier();
    for (var lane = first; lane < used; lane += WORKGROUP_SIZE) {
      if ((lane & (stride - 1)) < half) {
        lanes[lane] += lanes[lane + half];
      }
    }
  }
  workgroupBarrier();
  let matrices = 1u << unit.matricesLog2;
  for (var lane = first; lane < matrices; lane += WORKGROUP_SIZE) {
    if (unit.matrix + lane < axis.matrices) {
      packed[axis.means + unit.matrix + lane] = lanes[lane << unit.lanesLog2] / axis.lineCount;
    }
  }
}
