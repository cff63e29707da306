// Operands of any size: one element at a time, and zeros outside.

@group(0) @binding(0) var<storage, read> left: array<f32>;
@group(0) @binding(1) var<storage, read> right: array<f32>;
@group(0) @binding(2) var<storage, read_write> product: array<f32>;

fn loadLeft(row: u32, column: u32, size: Size) -> vec4f {
  let at = row * size.columns + column;
  let values = vec4f(left[at], left[at + 1u], left[at + 2u], left[at + 3u]);
  return select(vec4f(), values, areInside(row, column, size));
}

fn loadRight(row: u32, column: u32, size: Size) -> vec4f {
  let at = row * size.columns + column;
  let values = vec4f(right[at], right[at + 1u], right[at + 2u], right[at + 3u]);
  return select(vec4f(), values, areInside(row, column, size));
}

fn storeProduct(row: u32, column: u32, value: vec4f) {
  let at = row * shape.columns + column;
  let stored = areInside(row, column, Size(shape.rows, shape.columns));
  if (stored.x) { product[at] = value.x; }
  if (stored.y) { product[at + 1u] = value.y; }
  if (stored.z) { product[at + 2u] = value.z; }
  if (stored.w) { product[at + 3u] = value.w; }
}

fn areInside(row: u32, column: u32, size: Size) -> vec4<bool> {
  return (vec4u(column, column + 1u, column + 2u, column + 3u) < vec4u(size.columns)) & vec4<bool>(row < size.rows);
}
