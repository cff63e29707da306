// A right operand whose offset and strides come in whole groups of four.

@group(0) @binding(1) var<storage, read> right: array<vec4f>;

fn loadRight(at: u32) -> vec4f {
  return right[at / 4u];
}
