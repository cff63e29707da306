// Where the products of a matmul go, as they are: positions come in whole groups of four.

@group(0) @binding(2) var<storage, read_write> product: array<vec4f>; // [BATCH, ROWS, COLUMNS]

fn store(batch: u32, row: u32, column: u32, value: vec4f) {
  if (row < ROWS && column < COLUMNS) {
    product[((batch * ROWS + row) * COLUMNS + column) / 4u] = value;
  }
}
