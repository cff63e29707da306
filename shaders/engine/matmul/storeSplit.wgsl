// The end of a matmul whose sum over k is split: each piece of the product for itself, in whole groups of four columns.

@group(0) @binding(2) var<storage, read_write> pieces: array<vec4f>; // [splits, batch, rows, columns / 4]

fn store(piece: u32, row: u32, column: u32, value: vec4f) {
  pieces[(piece * ROWS + row) * ((COLUMNS + 3u) / 4u) + column / 4u] = value;
}
