// The plain end of a matmul: product [batch, rows, columns], dense, whose columns come in whole groups of four.

@group(0) @binding(2) var<storage, read_write> product: array<vec4f>;

fn store(batch: u32, row: u32, column: u32, value: vec4f) {
  product[((batch * ROWS + row) * COLUMNS + column) / 4u] = value;
}
