// What a maximum reduces with.
const IDENTITY = -3.4028234663852886e38;

fn combine(a: vec4f, b: vec4f) -> vec4f {
  return max(a, b);
}
