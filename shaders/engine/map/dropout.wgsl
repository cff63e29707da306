// Dropout: y = x / (1 - rate) where kept, else 0. Element i is kept where its random number in [0, 1) is not below the rate.
// Srivastava et al., "Dropout" (JMLR 2014), inverted. The numbers are those of randomBits: of the step's key, the stream and i.

// `index` and `key` are those of each element; `threshold` is the least whole number not below rate · 2^24, `scale` 1 / (1 - rate).
fn dropout(x: vec4f, index: vec4u, key: vec4u, stream: u32, threshold: u32, scale: f32) -> vec4f {
  return select(vec4f(), x * scale, (randomBitsAt(key, stream, index) >> vec4u(8u)) >= vec4u(threshold));
}
