// Adafactor, first pass: what the rows and the columns of every matrix sum up to, block by block.
//   sums[span of a row] = Σ g²      over 64 columns, all of them where they are fewer
//   sums[span of a column] = Σ g²   over 32 rows, likewise
// One workgroup a block of 2,048 elements, which it reads once, along the rows: 32 rows of 64 columns, or what shape suits
// a matrix that is narrower or lower, or several whole matrices that are smaller. A run of 16 elements is added up one
// after the other, the runs of a span in pairs; src/reference/factors.ts follows both.

const SLOTS = 2048u;
const RUN = 16u;

/// The first element of a block.
struct Block {
  tensor: u32,
  matrix: u32,
  row: u32,
  column: u32,
  grad: u32, // where it is in the binding
}

@group(2) @binding(0) var<storage, read> axes: array<Axis>; // of each tensor that of the rows, then that of the columns
@group(2) @binding(1) var<storage, read> blocks: array<Block>;
@group(2) @binding(2) var<storage, read_write> sums: array<f32>;

/// g² of the block's elements, row after row of the block, zero outside the matrix.
var<workgroup> squares: array<f32, SLOTS>;
var<workgroup> rowRuns: array<f32, SLOTS / RUN>;
var<workgroup> columnRuns: array<f32, SLOTS / RUN>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let index = tileIndex(workgroup);
  if (index >= arrayLength(&blocks)) {
    return;
  }
  let block = blocks[index];
  let rows = axes[2 * block.tensor];
  let columns = axes[2 * block.tensor + 1];
  if (rows.matrices == 0u || isSkipped()) {
    return;
  }
  let used = usedSlots(block, rows, columns);
  for (var slot = lane; slot < used; slot += WORKGROUP_SIZE) {
    let g = gradientIn(block, elementAt(slot, block, rows, columns), rows, columns);
    squares[scattered(slot)] = g * g;
  }
  workgroupBarrier();
  sumRunsOfRows(lane, block, rows, columns);
  sumRunsOfColumns(lane, block, rows, columns);
  workgroupBarrier();
  sumSpansOfRows(lane, block, rows, columns);
  sumSpansOfColumns(lane, block, rows, columns);
}

/// A block of whole matrices may have room for more than are left.
fn usedSlots(block: Block, rows: Axis, columns: Axis) -> u32 {
  return min(((rows.matrices - block.matrix) << rows.sizeLog2) << columns.sizeLog2, SLOTS);
}

/// Where a slot of a block is in its tensor.
struct Element {
  matrix: u32,
  row: u32,
  column: u32,
  isInside: bool,
}

fn elementAt(slot: u32, block: Block, rows: Axis, columns: Axis) -> Element {
  let line = slot >> columns.sizeLog2;
  let matrix = block.matrix + (line >> rows.sizeLog2);
  let row = block.row + (line & (size(rows) - 1));
  let column = block.column + (slot & (size(columns) - 1));
  let isInside = matrix < rows.matrices && row < rows.lines && column < columns.lines;
  return Element(matrix, row, column, isInside);
}

/// The gradient, 0 outside the matrices: what a binding has there is somebody else's.
fn gradientIn(block: Block, element: Element, rows: Axis, columns: Axis) -> f32 {
  if (!element.isInside) {
    return 0.0;
  }
  let rowsOn = (element.matrix - block.matrix) * rows.lines + element.row - block.row;
  var place = Place();
  place.grad = block.grad + rowsOn * columns.lines + element.column - block.column;
  place.general = rowAt(firstRow() + rows.row).general;
  return gradient(place);
}

/// Where the square of a slot is kept. The runs of rows begin at every 16th: this puts them into different banks.
fn scattered(slot: u32) -> u32 {
  return slot ^ ((slot >> 5) & 15);
}

fn sumRunsOfRows(lane: u32, block: Block, rows: Axis, columns: Axis) {
  let length = min(size(columns), RUN);
  let runs = usedSlots(block, rows, columns) / length;
  for (var run = lane; run < runs; run += WORKGROUP_SIZE) {
    var sum = 0.0;
    for (var i = 0u; i < length; i++) {
      sum += squares[scattered(run * length + i)];
    }
    if (span(rows) > RUN) {
      rowRuns[run] = sum;
    } else {
      storeOfRow(sum, run * length, block, rows, columns);
    }
  }
}

fn sumRunsOfColumns(lane: u32, block: Block, rows: Axis, columns: Axis) {
  let length = min(size(rows), RUN);
  let runs = usedSlots(block, rows, columns) / length;
  for (var run = lane; run < runs; run += WORKGROUP_SIZE) {
    let column = run & (size(columns) - 1);
    let first = ((run - column) * length) | column;
    var sum = 0.0;
    for (var i = 0u; i < length; i++) {
      sum += squares[scattered(first + (i << columns.sizeLog2))];
    }
    if (span(columns) > RUN) {
      columnRuns[run] = sum;
    } else {
      storeOfColumn(sum, first, block, rows, columns);
    }
  }
}

/// Spans of 32 or 64 columns: two runs or four.
fn sumSpansOfRows(lane: u32, block: Block, rows: Axis, columns: Axis) {
  let runs = span(rows) / RUN;
  let spans = usedSlots(block, rows, columns) / span(rows);
  for (var i = lane; runs > 1 && i < spans; i += WORKGROUP_SIZE) {
    let run = i * runs;
    var sum = rowRuns[run] + rowRuns[run + 1];
    if (runs == 4) {
      sum += rowRuns[run + 2] + rowRuns[run + 3];
    }
    storeOfRow(sum, i * span(rows), block, rows, columns);
  }
}

/// Spans of 32 rows: two runs.
fn sumSpansOfColumns(lane: u32, block: Block, rows: Axis, columns: Axis) {
  let spans = usedSlots(block, rows, columns) / span(columns);
  for (var i = lane; span(columns) > RUN && i < spans; i += WORKGROUP_SIZE) {
    let column = i & (size(columns) - 1);
    let run = 2 * (i - column) + column;
    let sum = columnRuns[run] + columnRuns[run + size(columns)];
    storeOfColumn(sum, ((i - column) << columns.spanLog2) | column, block, rows, columns);
  }
}

/// The sum of a span that begins at a slot.
fn storeOfRow(sum: f32, slot: u32, block: Block, rows: Axis, columns: Axis) {
  let first = elementAt(slot, block, rows, columns);
  if (first.isInside) {
    sums[sumIndex(rows, first.matrix, first.row, first.column >> rows.spanLog2)] = sum;
  }
}

fn storeOfColumn(sum: f32, slot: u32, block: Block, rows: Axis, columns: Axis) {
  let first = elementAt(slot, block, rows, columns);
  if (first.isInside) {
    sums[sumIndex(columns, first.matrix, first.column, first.row >> columns.spanLog2)] = sum;
  }
}
