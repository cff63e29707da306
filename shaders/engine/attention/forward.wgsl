// o[i] = Σⱼ e^(s[i, j] - lse[i]) v[j], lse[i] = ln Σⱼ e^s[i, j], s[i, j] = SCALE q[i] · k[j], over the keys j (j ≤ i where
// CAUSAL), for each batch and head; o is 0 where there are no keys.
// The sums run over blocks of keys, relative to the largest score so far, and shrink when that grows: Milakov & Gimelshein,
// "Online normalizer calculation for softmax" (2018), https://arxiv.org/abs/1805.02867, algorithm 3; Dao,
// "FlashAttention-2" (2023), https://arxiv.org/abs/2307.08691, algorithm 1.

@group(0) @binding(0) var<storage, read> q: array<Elements>;
@group(0) @binding(1) var<storage, read> k: array<Elements>;
@group(0) @binding(2) var<storage, read> v: array<Elements>;
@group(0) @binding(3) var<storage, read_write> o: array<Elements>; // [batches, queries, heads, depth]
@group(0) @binding(4) var<storage, read_write> lse: array<f32>; // [batches, heads, queries]

// Of four queries and four keys: a column for each query.
fn seenScores(products: mat4x4f, query: u32, key: u32) -> mat4x4f {
  let queries = queriesFrom(query);
  return mat4x4f(
    select(vec4f(UNSEEN), products[0] * SCALE, areSeen(key, queries[0])),
    select(vec4f(UNSEEN), products[1] * SCALE, areSeen(key, queries[1])),
    select(vec4f(UNSEEN), products[2] * SCALE, areSeen(key, queries[2])),
    select(vec4f(UNSEEN), products[3] * SCALE, areSeen(key, queries[3])),
  );
}

fn largestOfColumns(matrix: mat4x4f) -> vec4f {
  let rows = transpose(matrix);
  return max(max(rows[0], rows[1]), max(rows[2], rows[3]));
}

fn powers(scores: mat4x4f, largest: vec4f) -> mat4x4f {
  return mat4x4f(
    exponentials(scores[0] - largest[0]),
    exponentials(scores[1] - largest[1]),
    exponentials(scores[2] - largest[2]),
    exponentials(scores[3] - largest[3]),
  );
}

fn inverse(total: vec4f) -> vec4f {
  return select(vec4f(), 1.0 / total, total > vec4f());
}

fn storeLse(tile: Tile, query: u32, largest: vec4f, total: vec4f) {
  let log = vec4f(logarithm(total[0]), logarithm(total[1]), logarithm(total[2]), logarithm(total[3]));
  let places = numberPlaces(tile, query);
  lse[places[0]] = largest[0] + log[0];
  lse[places[1]] = largest[1] + log[1];
  lse[places[2]] = largest[2] + log[2];
  lse[places[3]] = largest[3] + log[3];
}
