// Numbers in an order of their own, so that which of two is larger is asked of integers: WGSL need not compare
// infinities and NaNs as IEEE does. Zeros of both signs are one, NaNs are above all, and nothing is as low as 0.

const NAN_ORDER = 0xffffffffu;

fn orderOf(x: vec4f) -> vec4u {
  let bits = bitcast<vec4u>(x);
  let magnitude = bits & vec4u(0x7fffffffu);
  let order = select(0x80000000u + magnitude, 0x80000000u - magnitude, bits > vec4u(0x7fffffffu));
  return select(order, vec4u(NAN_ORDER), magnitude > vec4u(0x7f800000u));
}

// Whether numbers of this order take the place of the largest ones so far: PyTorch keeps the first of equals, and the
// last of NaNs.
fn isLarger(order: vec4u, largest: vec4u) -> vec4<bool> {
  return (order > largest) | (order == vec4u(NAN_ORDER));
}
