// A right operand that may start anywhere, with lines of any length.

@group(0) @binding(1) var<storage, read> right: array<f32>;

fn loadRight(at: u32) -> vec4f {
  return vec4f(right[at], right[at + 1u], right[at + 2u], right[at + 3u]);
}
