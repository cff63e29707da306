// Adafactor, second pass: the moving averages of the mean squares of rows and columns, and sums of those of the rows.
//   rowVar ← rowVar + (1 - β₂)(Σ g² / columns - rowVar),   β₂ = 1 - t^beta2Decay
//   colVar ← colVar + (1 - β₂)(Σ g² / rows - colVar)
// Up to 32 lanes a line add up its spans, each every 32nd, and then a tree the lanes; a piece is 8 lines. PyTorch takes the
// root of Σ g² and squares it again, which the torch profile does too.

/// Lanes that the order of summation counts on; a workgroup of fewer takes them in turns.
const LANES = 256u;
const PIECE = 8u;

/// The lines that a workgroup works on, from the start of a piece.
struct Unit {
  axis: u32,
  piece: u32, // counted over all matrices of the tensor
  linesLog2: u32,
  lanesLog2: u32, // of a line
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
  let isRow = (unit.axis & 1) == 0;
  let lines = 1u << unit.linesLog2;
  let used = lines << unit.lanesLog2;
  for (var lane = first; lane < used; lane += WORKGROUP_SIZE) {
    let line = lineAt(lane & (lines - 1), unit, axis);
    lanes[lane] = sumOfSpans(line, lane >> unit.linesLog2, 1u << unit.lanesLog2, axis);
  }
  for (var half = used / 2; half >= lines; half /= 2) {
    workgroupBarrier();
    for (var lane = first; lane < half; lane += WORKGROUP_SIZE) {
      lanes[lane] += lanes[lane + half];
    }
  }
  workgroupBarrier();
  for (var lane = first; lane < lines; lane += WORKGROUP_SIZE) {
    lanes[lane] = moved(lanes[lane], lineAt(lane, unit, axis), axis);
  }
  workgroupBarrier();
  for (var piece = first; isRow && piece < lines / PIECE; piece += WORKGROUP_SIZE) {
    if (unit.piece + piece < axis.matrices * axis.pieces) {
      sums[axis.pieceSums + unit.piece + piece] = sumOfPiece(piece * PIECE);
    }
  }
}

struct Line {
  matrix: u32,
  index: u32, // within the matrix
  isInside: bool,
}

fn lineAt(i: u32, unit: Unit, axis: Axis) -> Line {
  let piece = unit.piece + i / PIECE;
  let matrix = piece / axis.pieces;
  let index = (piece % axis.pieces) * PIECE + i % PIECE;
  return Line(matrix, index, matrix < axis.matrices && index < axis.lines);
}

fn sumOfSpans(line: Line, first: u32, stride: u32, axis: Axis) -> f32 {
  var sum = 0.0;
  if (line.isInside) {
    for (var i = first; i < axis.spans; i += stride) {
      sum += sums[sumIndex(axis, line.matrix, line.index, i)];
    }
  }
  return sum;
}

/// The line's average, moved on; 0 where there is no such line.
fn moved(sum: f32, line: Line, axis: Axis) -> f32 {
  if (!line.isInside) {
    return 0.0;
  }
  let h = rowAt(firstRow() + axis.row).hyper;
  let i = axis.averages + line.matrix * axis.lines + line.index;
  let now = lerp(packed[i], mean(sum, axis.lineLength), h.oneMinusBeta2, h.beta2);
  packed[i] = now;
  return now;
}

fn mean(sum: f32, count: f32) -> f32 {
  if (TORCH) {
    let norm = sqrt(sum);
    return norm * norm / count;
  }
  return sum / count;
}

fn sumOfPiece(i: u32) -> f32 {
  let evens = (lanes[i] + lanes[i + 4]) + (lanes[i + 2] + lanes[i + 6]);
  return evens + ((lanes[i + 1] + lanes[i + 5]) + (lanes[i + 3] + lanes[i + 7]));
}
