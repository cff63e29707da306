// Random numbers without state: functions of a seed, a stream and an index, in 32-bit integers. PCG RXS-M-XS 32 (O'Neill 2014)
// as a hash (Jarzynski & Olano, "Hash Functions for GPU Rendering", JCGT 9:3, 2020).

fn pcg(value: vec4u) -> vec4u {
  let state = value * 747796405u + 2891336453u;
  let word = ((state >> ((state >> vec4u(28u)) + 4u)) ^ state) * 277803737u;
  return (word >> vec4u(22u)) ^ word;
}

/// 32 bits for each of four elements, by its seed and index.
fn randomBitsAt(seed: vec4u, stream: u32, index: vec4u) -> vec4u {
  return pcg(index + pcg(stream + pcg(seed)));
}

/// 32 bits for each of the four elements from `index` on.
fn randomBits(seed: u32, stream: u32, index: u32) -> vec4u {
  let key = pcg(vec4u(stream) + pcg(vec4u(seed)).x).x; // one for all four
  return pcg(vec4u(0u, 1u, 2u, 3u) + index + key);
}
