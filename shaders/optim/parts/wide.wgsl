// A lane works on four elements at a time.
alias Wide = vec4f;
const WIDTH = 4u;

/// x with the elements from `count` on set to zero: padding is not the tensor's.
fn valid(x: Wide, count: u32) -> Wide {
  return select(Wide(), x, vec4u(0u, 1u, 2u, 3u) < vec4u(count));
}

fn elementOf(x: Wide, i: u32) -> f32 {
  return x[i];
}

fn withElement(x: Wide, i: u32, value: f32) -> Wide {
  var y = x;
  y[i] = value;
  return y;
}

fn sumOf(x: Wide) -> f32 {
  return (x.x + x.y) + (x.z + x.w);
}

/// 1 + the place of the first element that is not finite, 0 where all are. On the bits: WGSL may assume there are no NaNs.
fn firstNotFinite(x: Wide) -> u32 {
  let bad = (bitcast<vec4u>(x) & vec4u(0x7f800000u)) == vec4u(0x7f800000u);
  return select(select(select(select(0u, 4u, bad.w), 3u, bad.z), 2u, bad.y), 1u, bad.x);
}
