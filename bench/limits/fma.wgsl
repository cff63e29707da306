// The rate of arithmetic: chains of multiply-adds on registers, CHAINS vec4s a lane side by side, ROUNDS times UNROLLED of
// them one after another. Factors come from memory and the sums go there, so that no compiler can leave any of it out.

override WORKGROUP_SIZE: u32 = 256;
override ROUNDS: u32 = 64;
// fma(), or a multiplication and an addition, which compilers may fuse: adapters without the instruction emulate the former.
override IS_FUSED: bool = true;
// Eight chains, or four.
override HAS_EIGHT: bool = true;

@group(0) @binding(0) var<storage, read> factors: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> sums: array<vec4f>;

fn step(x: vec4f, by: vec4f, more: vec4f) -> vec4f {
  if (IS_FUSED) {
    return fma(x, by, more);
  }
  return x * by + more;
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let by = factors[0];
  let more = factors[1];
  var a = more * f32(id.x);
  var b = a + more;
  var c = b + more;
  var d = c + more;
  var e = d + more;
  var f = e + more;
  var g = f + more;
  var h = g + more;
  for (var round = 0u; round < ROUNDS; round++) {
    a = step(a, by, more); b = step(b, by, more); c = step(c, by, more); d = step(d, by, more);
    if (HAS_EIGHT) { e = step(e, by, more); f = step(f, by, more); g = step(g, by, more); h = step(h, by, more); }
    a = step(a, by, more); b = step(b, by, more); c = step(c, by, more); d = step(d, by, more);
    if (HAS_EIGHT) { e = step(e, by, more); f = step(f, by, more); g = step(g, by, more); h = step(h, by, more); }
    a = step(a, by, more); b = step(b, by, more); c = step(c, by, more); d = step(d, by, more);
    if (HAS_EIGHT) { e = step(e, by, more); f = step(f, by, more); g = step(g, by, more); h = step(h, by, more); }
    a = step(a, by, more); b = step(b, by, more); c = step(c, by, more); d = step(d, by, more);
    if (HAS_EIGHT) { e = step(e, by, more); f = step(f, by, more); g = step(g, by, more); h = step(h, by, more); }
  }
  sums[id.x] = a + b + c + d + e + f + g + h;
}
