// bfloat16, the upper half of a float32, and float16 (IEEE 754 binary16), two to a word.

const BFLOAT16 = Format(7u, 1u);
const FLOAT16 = Format(10u, 113u);

fn halfNearest(x: vec4f, format: Format) -> vec4u {
  let bits = bitcast<vec4u>(x);
  return signedCode(bits, narrowNearest(bits & vec4u(0x7fffffffu), format), format);
}

fn halfStochastic(x: vec4f, format: Format, random: vec4u) -> vec4u {
  let bits = bitcast<vec4u>(x);
  return signedCode(bits, narrowStochastic(bits & vec4u(0x7fffffffu), format, random), format);
}

/// Brings the sign back, and what is too large to infinity. A NaN stays one.
fn signedCode(bits: vec4u, code: vec4u, format: Format) -> vec4u {
  let infinity = 0x8000u - (1u << format.mantissa);
  let isNan = (bits & vec4u(0x7fffffffu)) > vec4u(0x7f800000u);
  return ((bits >> vec4u(16u)) & vec4u(0x8000u)) | select(min(code, vec4u(infinity)), vec4u(infinity | (infinity >> 1u)), isNan);
}

fn fromHalf(code: vec4u, format: Format) -> vec4f {
  if (format.lowest == BFLOAT16.lowest) {
    return bitcast<vec4f>(code << vec4u(16u));
  }
  let magnitude = code & vec4u(0x7fffu);
  let bits = bitcast<vec4u>(widen(magnitude, format));
  // The exponent of infinity and NaN is that of float32.
  let special = (magnitude << vec4u(13u)) | vec4u(0x7f800000u);
  let isSpecial = magnitude >= vec4u(0x7c00u);
  return bitcast<vec4f>(select(bits, special, isSpecial) | ((code & vec4u(0x8000u)) << vec4u(16u)));
}

fn packHalves(code: vec4u) -> vec2u {
  return code.xz | (code.yw << vec2u(16u));
}

fn unpackHalves(words: vec2u) -> vec4u {
  return vec4u(words.x & 0xffffu, words.x >> 16u, words.y & 0xffffu, words.y >> 16u);
}
