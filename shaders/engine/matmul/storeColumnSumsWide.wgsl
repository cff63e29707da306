// The plain end of a matmul's column sums [batch, columns], which come in whole groups of four.

@group(0) @binding(3) var<storage, read_write> columnSums: array<vec4f>;

fn storeColumnSums(batch: u32, column: u32, value: vec4f) {
  columnSums[(batch * COLUMNS + column) / 4u] = value;
}
