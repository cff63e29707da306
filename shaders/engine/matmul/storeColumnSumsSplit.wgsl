// The end of the column sums of a matmul whose sum over k is split, in whole groups of four columns.

@group(0) @binding(3) var<storage, read_write> columnSums: array<vec4f>; // [splits, batch, columns / 4]

fn storeColumnSums(piece: u32, column: u32, value: vec4f) {
  columnSums[piece * ((COLUMNS + 3u) / 4u) + column / 4u] = value;
}
