// What both gradients of attention share: of each pair of a query i and a key j its weight and its score's gradient,
//   p[i, j] = e^(s[i, j] - lse[i]),  ds[i, j] = SCALE p[i, j] (dout[i] · v[j] - delta[i]),  delta[i] = dout[i] · o[i].
// Dao et al., "FlashAttention" (2022), https://arxiv.org/abs/2205.14135, appendix B.2.

// Of two blocks of rows, each with a column for each row of the tile.
struct Pairs {
  first: mat4x4f,
  second: mat4x4f,
}

fn weightsOf(sums: vec4f, lse: vec4f, areSeen: vec4<bool>) -> vec4f {
  return exponentials(select(vec4f(UNSEEN), sums * SCALE - lse, areSeen));
}

fn slopesOf(weights: vec4f, sums: vec4f, delta: vec4f) -> vec4f {
  return SCALE * weights * (sums - delta);
}
