// Float32 numbers in fewer bits, by integer arithmetic alone, so that every GPU finds the same ones: WGSL has no bfloat16, and
// leaves open how `pack2x16float` and `f16()` round. A format has a number of bits behind the point and a lowest full binade,
// given as its biased float32 exponent; below it the numbers are evenly spaced. Numbers that are too large run into the bits
// above the exponent.

struct Format {
  mantissa: u32,
  lowest: u32,
}

/// What is left of magnitudes once the exponent is off: `bits` of which the last `shift` are to go.
struct Cut {
  bits: vec4u,
  shift: vec4u,
}

fn cutOf(magnitude: vec4u, format: Format) -> Cut {
  if (format.lowest == 1u) {
    return Cut(magnitude, vec4u(23u - format.mantissa)); // float32's own exponents
  }
  let binade = clamp(magnitude >> vec4u(23u), vec4u(1u), vec4u(format.lowest));
  let shift = (23u - format.mantissa + format.lowest) - binade;
  let bits = magnitude - ((binade - 1u) << vec4u(23u));
  // Beyond 31 it is less than 2^-7 of a step.
  return Cut(select(bits, vec4u(), shift > vec4u(31u)), min(shift, vec4u(31u)));
}

/// The codes of magnitudes, float32 bits without a sign: the nearest ones; in the middle those whose last bit is 0.
fn narrowNearest(magnitude: vec4u, format: Format) -> vec4u {
  let cut = cutOf(magnitude, format);
  let last = (cut.bits >> cut.shift) & vec4u(1u);
  return (cut.bits + (vec4u(1u) << (cut.shift - 1u)) - 1u + last) >> cut.shift;
}

/// The same, rounded up as often as they are close to the upper neighbour, over all `random` words: right in the mean.
fn narrowStochastic(magnitude: vec4u, format: Format, random: vec4u) -> vec4u {
  let cut = cutOf(magnitude, format);
  return (cut.bits + (random >> (32u - cut.shift))) >> cut.shift;
}

/// The magnitudes that codes stand for. The lowest binade must be above the bits behind the point.
fn widen(code: vec4u, format: Format) -> vec4f {
  let spaced = vec4f(code) * bitcast<f32>((format.lowest - format.mantissa) << 23u);
  let full = bitcast<vec4f>((code << vec4u(23u - format.mantissa)) + ((format.lowest - 1u) << 23u));
  return select(full, spaced, code < vec4u(1u << format.mantissa));
}
