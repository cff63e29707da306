// The plain end of a matmul: product [batch, rows, columns], dense, of any size.

@group(0) @binding(2) var<storage, read_write> product: array<f32>;

fn store(batch: u32, row: u32, column: u32, value: vec4f) {
  let at = (batch * ROWS + row) * COLUMNS + column;
  product[at] = value.x;
  if (column + 1u < COLUMNS) { product[at + 1u] = value.y; }
  if (column + 2u < COLUMNS) { product[at + 2u] = value.z; }
  if (column + 3u < COLUMNS) { product[at + 3u] = value.w; }
}
