// A right operand in half precision, whose offset and strides come in whole groups of four.

override RIGHT_IS_FLOAT16: bool;

@group(0) @binding(1) var<storage, read> right: array<vec2u>;

fn loadRight(at: u32) -> vec4f {
  let codes = unpackHalves(right[at / 4u]);
  if (RIGHT_IS_FLOAT16) {
    return fromHalf(codes, FLOAT16);
  }
  return fromHalf(codes, BFLOAT16);
}
