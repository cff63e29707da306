// A left operand that may start anywhere, with lines of any length.

@group(0) @binding(0) var<storage, read> left: array<f32>;

fn loadLeft(at: u32) -> vec4f {
  return vec4f(left[at], left[at + 1u], left[at + 2u], left[at + 3u]);
}
