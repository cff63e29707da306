// A lane works on one element at a time.
alias Wide = f32;
const WIDTH = 1u;

fn valid(x: Wide, count: u32) -> Wide {
  return select(0.0, x, count > 0u);
}

fn elementOf(x: Wide, i: u32) -> f32 {
  return x;
}

fn withElement(x: Wide, i: u32, value: f32) -> Wide {
  return value;
}

fn sumOf(x: Wide) -> f32 {
  return x;
}

fn firstNotFinite(x: Wide) -> u32 {
  return select(0u, 1u, (bitcast<u32>(x) & 0x7f800000u) == 0x7f800000u);
}
