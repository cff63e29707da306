// Where the products of a matmul go, as they are: any number of positions.

@group(0) @binding(2) var<storage, read_write> product: array<f32>; // [BATCH, ROWS, COLUMNS]

fn store(batch: u32, row: u32, column: u32, value: vec4f) {
  let at = (batch * ROWS + row) * COLUMNS + column;
  let isStored = (column + vec4u(0u, 1u, 2u, 3u) < vec4u(COLUMNS)) & vec4<bool>(row < ROWS);
  if (isStored.x) { product[at] = value.x; }
  if (isStored.y) { product[at + 1u] = value.y; }
  if (isStored.z) { product[at + 2u] = value.z; }
  if (isStored.w) { product[at + 3u] = value.w; }
}
