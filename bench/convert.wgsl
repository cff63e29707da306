// Float32 numbers to half precision, to the nearest, or back: for a model that computes in float32 under an optimizer that
// keeps its parameters in half precision. Composed with narrowFloat.wgsl, halves.wgsl and halfFormat.wgsl.

override TO_HALF: bool = false;

@group(0) @binding(0) var<storage, read_write> wide: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> narrow: array<vec2u>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if (i >= arrayLength(&wide)) {
    return;
  }
  if (TO_HALF) {
    narrow[i] = packHalves(halfNearest(wide[i], halfFormat()));
  } else {
    wide[i] = fromHalf(unpackHalves(narrow[i]), halfFormat());
  }
}
