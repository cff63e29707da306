// dv[j] = Σᵢ p[i, j] dout[i] and dk[j] = Σᵢ ds[i, j] q[i], over the queries i that see the key j.
// Dao, "FlashAttention-2" (2023), https://arxiv.org/abs/2307.08691, algorithm 2; by keys, so that no two lanes add to one sum.

@group(0) @binding(5) var<storage, read> delta: array<f32>; // [batches, heads, queries]
@group(0) @binding(6) var<storage, read_write> dk: array<Elements>; // [batches, keys, heads, depth]
@group(0) @binding(7) var<storage, read_write> dv: array<Elements>; // [batches, keys, heads, depth]

// Of four keys and four queries: a column for each key.
fn weightsOfBlock(scores: mat4x4f, query: u32, key: u32, lses: vec4f) -> mat4x4f {
  let keys = keysFrom(key);
  return mat4x4f(
    weightsOf(scores[0], lses, areSeeing(query, keys[0])),
    weightsOf(scores[1], lses, areSeeing(query, keys[1])),
    weightsOf(scores[2], lses, areSeeing(query, keys[2])),
    weightsOf(scores[3], lses, areSeeing(query, keys[3])),
  );
}

// Which of the four queries from the first on are there, and see a key.
fn areSeeing(first: u32, key: u32) -> vec4<bool> {
  let queries = fourFrom(first);
  return (queries < vec4u(QUERIES)) & (queries >= vec4u(select(0u, key, CAUSAL)));
}

// Likewise.
fn slopesOfBlock(weights: mat4x4f, slopes: mat4x4f, deltas: vec4f) -> mat4x4f {
  return mat4x4f(
    slopesOf(weights[0], slopes[0], deltas),
    slopesOf(weights[1], slopes[1], deltas),
    slopesOf(weights[2], slopes[2], deltas),
    slopesOf(weights[3], slopes[3], deltas),
  );
}

fn deltasAt(at: vec4u) -> vec4f {
  return vec4f(delta[at[0]], delta[at[1]], delta[at[2]], delta[at[3]]);
}
