// What a sum reduces with.
const IDENTITY = 0.0;

fn combine(a: vec4f, b: vec4f) -> vec4f {
  return a + b;
}
