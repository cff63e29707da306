// How the rows, or the columns, of a tensor's matrices are added up. A line is a row or a column, a span what a block adds
// up of it. Lines of a block, and elements of a span, are powers of two: the last block and span may have fewer.

struct Axis {
  matrices: u32, // 0 for a tensor that is frozen
  lines: u32, // of a matrix
  sizeLog2: u32, // lines of a block
  spanLog2: u32, // elements of a span
  spans: u32, // of a line
  sums: u32, // where the sums of its spans begin
  averages: u32, // where its rowVar or colVar begins in what is packed
  pieces: u32, // of 8 lines, in a matrix
  pieceSums: u32, // where their sums begin; of rows alone
  means: u32, // where the means of its rowVar begin, one a matrix; of rows alone
  lineLength: f32, // elements of a line
  lineCount: f32, // lines of a matrix
  row: u32, // the tensor's row of scalars
}

fn size(axis: Axis) -> u32 {
  return 1u << axis.sizeLog2;
}

fn span(axis: Axis) -> u32 {
  return 1u << axis.spanLog2;
}

/// Where the sum of a span lies. The lines of a block are neighbours; after them come their next spans.
fn sumIndex(axis: Axis, matrix: u32, line: u32, index: u32) -> u32 {
  let blocks = (axis.lines + size(axis) - 1) >> axis.sizeLog2;
  let block = matrix * blocks + (line >> axis.sizeLog2);
  return axis.sums + (((block * axis.spans + index) << axis.sizeLog2) | (line & (size(axis) - 1)));
}
