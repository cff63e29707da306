// dq[i] = Σⱼ ds[i, j] k[j], and delta[i] = dout[i] · o[i] for the gradients of keys and values, which come after.
// Dao, "FlashAttention-2" (2023), https://arxiv.org/abs/2307.08691, algorithm 2; by queries, so that no two lanes add to one
// sum.

@group(0) @binding(5) var<storage, read> o: array<Elements>; // [batches, queries, heads, depth]
@group(0) @binding(6) var<storage, read_write> dq: array<Elements>; // [batches, queries, heads, depth]
@group(0) @binding(7) var<storage, read_write> delta: array<f32>; // [batches, heads, queries]

// Of four queries and four keys: a column for each query.
fn slopesOfBlock(scores: mat4x4f, slopes: mat4x4f, query: u32, key: u32, lses: vec4f, deltas: vec4f) -> mat4x4f {
  let queries = queriesFrom(query);
  return mat4x4f(
    slopesOf(weightsOf(scores[0], vec4f(lses[0]), areSeen(key, queries[0])), slopes[0], vec4f(deltas[0])),
    slopesOf(weightsOf(scores[1], vec4f(lses[1]), areSeen(key, queries[1])), slopes[1], vec4f(deltas[1])),
    slopesOf(weightsOf(scores[2], vec4f(lses[2]), areSeen(key, queries[2])), slopes[2], vec4f(deltas[2])),
    slopesOf(weightsOf(scores[3], vec4f(lses[3]), areSeen(key, queries[3])), slopes[3], vec4f(deltas[3])),
  );
}

fn storeDeltas(tile: Tile, query: u32, deltas: vec4f) {
  let places = numberPlaces(tile, query);
  delta[places[0]] = deltas[0];
  delta[places[1]] = deltas[1];
  delta[places[2]] = deltas[2];
  delta[places[3]] = deltas[3];
}
