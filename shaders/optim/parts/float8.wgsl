// 8-bit floats that share a scale: four to a word, 256 elements to a scale.

const BLOCK = 256u;
/// Bits behind the point.
const MANTISSA = 3u;
/// Binades between the lowest full one and the top: a sign and four bits of exponent, or five bits and no sign.
const SIGNED_BINADES = 14u;
const UNSIGNED_BINADES = 30u;

/// The biased exponent of a block's lowest full binade, so that the largest code is not below its largest magnitude.
fn lowestBinade(largest: u32, binades: u32) -> u32 {
  let top = min((largest + 0x000fffffu) >> 23u, 254u);
  return max(top, binades + MANTISSA + 1u) - binades;
}

/// The scale of a block is the number whose exponent that is: what the code 8 stands for.
fn scaleOf(lowest: u32) -> f32 {
  return bitcast<f32>(lowest << 23u);
}

fn formatOf(scale: f32) -> Format {
  return Format(MANTISSA, max(bitcast<u32>(scale) >> 23u, MANTISSA + 1u));
}

/// The largest of four magnitudes, as bits, of which the order is that of the numbers.
fn largestOf(x: vec4f) -> u32 {
  let bits = bitcast<vec4u>(x) & vec4u(0x7fffffffu);
  return max(max(bits.x, bits.y), max(bits.z, bits.w));
}

fn toSignedFloat8(x: vec4f, scale: f32, random: vec4u) -> u32 {
  let bits = bitcast<vec4u>(x);
  let code = min(magnitudeCode(bits & vec4u(0x7fffffffu), scale, random), vec4u(127u));
  return packFloat8(code | ((bits >> vec4u(24u)) & vec4u(0x80u)));
}

/// A number above zero never becomes zero: steps are divided by its root.
fn toUnsignedFloat8(x: vec4f, scale: f32, random: vec4u) -> u32 {
  let bits = bitcast<vec4u>(x) & vec4u(0x7fffffffu);
  let least = select(vec4u(), vec4u(1u), bits >= vec4u(SMALLEST));
  return packFloat8(clamp(magnitudeCode(bits, scale, random), least, vec4u(255u)));
}

/// GPUs may take what is smaller for zero.
const SMALLEST = 0x00800000u;

fn magnitudeCode(magnitude: vec4u, scale: f32, random: vec4u) -> vec4u {
  let code = narrowStochastic(magnitude, formatOf(scale), random);
  return select(vec4u(), code, magnitude >= vec4u(SMALLEST));
}

fn fromSignedFloat8(word: u32, scale: f32) -> vec4f {
  let code = unpackFloat8(word);
  let magnitude = bitcast<vec4u>(widen(code & vec4u(0x7fu), formatOf(scale)));
  return bitcast<vec4f>(magnitude | ((code & vec4u(0x80u)) << vec4u(24u)));
}

fn fromUnsignedFloat8(word: u32, scale: f32) -> vec4f {
  return widen(unpackFloat8(word), formatOf(scale));
}

fn packFloat8(code: vec4u) -> u32 {
  return code.x | (code.y << 8u) | (code.z << 16u) | (code.w << 24u);
}

fn unpackFloat8(word: u32) -> vec4u {
  return (vec4u(word) >> vec4u(0u, 8u, 16u, 24u)) & vec4u(0xffu);
}
