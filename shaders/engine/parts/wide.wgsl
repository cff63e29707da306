// Operands whose rows, and whose inner index, come in whole groups of four. A tile that hangs over the edge of its
// matrix reads what the next row holds, or what WebGPU gives outside of a binding, and stores none of it.

@group(0) @binding(0) var<storage, read> left: array<vec4f>;
@group(0) @binding(1) var<storage, read> right: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> product: array<vec4f>;

fn loadLeft(row: u32, column: u32, size: Size) -> vec4f {
  return left[(row * size.columns + column) / 4u];
}

fn loadRight(row: u32, column: u32, size: Size) -> vec4f {
  return right[(row * size.columns + column) / 4u];
}

fn storeProduct(row: u32, column: u32, value: vec4f) {
  if (row < shape.rows && column < shape.columns) {
    product[(row * shape.columns + column) / 4u] = value;
  }
}
