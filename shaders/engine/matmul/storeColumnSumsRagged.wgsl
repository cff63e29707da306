// The plain end of a matmul's column sums [batch, columns], of any size.

@group(0) @binding(3) var<storage, read_write> columnSums: array<f32>;

fn storeColumnSums(batch: u32, column: u32, value: vec4f) {
  let at = batch * COLUMNS + column;
  columnSums[at] = value.x;
  if (column + 1u < COLUMNS) { columnSums[at + 1u] = value.y; }
  if (column + 2u < COLUMNS) { columnSums[at + 2u] = value.z; }
  if (column + 3u < COLUMNS) { columnSums[at + 3u] = value.w; }
}
