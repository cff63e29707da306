// A left operand whose offset and strides come in whole groups of four.

@group(0) @binding(0) var<storage, read> left: array<vec4f>;

fn loadLeft(at: u32) -> vec4f {
  return left[at / 4u];
}
