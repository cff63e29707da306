// What both gradients of attention share: of each pair of a query i and a key j its weight and its score's gradient,
//   p[i, j] = e^(s[i, j] - lse[i]),  ds[i, j] = SCALE p[i, j] (dout[i] · v[j] - delta[i]),  delta[i] = dout[i] · o[i].
// Dao et al., "FlashAttention" (2022), https://arxiv.org/abs/2205.14135, appendix B.2.

@group(0) @binding(0) var<storage, read> q: array<Elements>;
@group(0) @binding(1) var<storage, read> k: array<Elements>;
@group(0) @binding(2) var<storage, read> v: array<Elements>;
@group(0) @binding(3) var<storage, read> dout: array<Elements>; // [batches, queries, heads, depth]
@group(0) @binding(4) var<storage, read> lse: array<f32>; // [batches, heads, queries]

// Weights of four pairs from their products q · k.
fn weightsOf(products: vec4f, lses: vec4f, seen: vec4<bool>) -> vec4f {
  return exponentials(select(vec4f(UNSEEN), products * SCALE - lses, seen));
}

// The gradients of their scores from their products dout · v.
fn slopesOf(weights: vec4f, products: vec4f, deltas: vec4f) -> vec4f {
  return SCALE * weights * (products - deltas);
}

fn lsesAt(at: vec4u) -> vec4f {
  return vec4f(lse[at[0]], lse[at[1]], lse[at[2]], lse[at[3]]);
}
