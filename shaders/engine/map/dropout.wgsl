// Dropout: y = x / (1 - rate) where kept, else 0. Element i is kept where its random number in [0, 1) is not below the rate.
// Srivastava et al., "Dropout" (JMLR 2014), inverted. The numbers are a hash of the step's key, the stream and i:
// PCG RXS-M-XS 32 (O'Neill 2014; Jarzynski & Olano, "Hash Functions for GPU Rendering", JCGT 9:3, 2020).

fn pcg(value: vec4u) -> vec4u {
  let state = value * 747796405u + 2891336453u;
  let word = ((state >> ((state >> vec4u(28u)) + 4u)) ^ state) * 277803737u;
  return (word >> vec4u(22u)) ^ word;
}

// `threshold` is the least whole number not below rate · 2^24, `scale` 1 / (1 - rate).
fn dropout(x: vec4f, index: u32, key: u32, stream: u32, threshold: u32, scale: f32) -> vec4f {
  let bits = pcg(vec4u(0u, 1u, 2u, 3u) + index + pcg(stream + pcg(vec4u(key))));
  return select(vec4f(), x * scale, (bits >> vec4u(8u)) >= vec4u(threshold));
}
