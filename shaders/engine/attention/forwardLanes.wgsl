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

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) index: u32) {
  let tile = tileOf(workgroup, index, QUERIES);
  if (!tile.isInside) {
    return;
  }
  let end = select(KEYS, min(tile.first + 4u, KEYS), CAUSAL);
  var largest = vec4f(UNSEEN);
  var total = vec4f();
  scaleOutput(tile, vec4f());
  for (var key = 0u; key < end; key += 8u) {
    let scores = scoresOf(tile, key);
    let before = largest;
    largest = max(largest, max(largestOfColumns(scores.first), largestOfColumns(scores.second)));
    let shrink = exponentials(before - largest);
    let weights = TwoBlocks(powers(scores.first, largest), powers(scores.second, largest));
    total = total * shrink + sumsOfColumns(weights.first) + sumsOfColumns(weights.second);
    addValues(tile, key, shrink, weights);
  }
  scaleOutput(tile, select(vec4f(), 1.0 / total, total > vec4f()));
  let at = numbersAt(tile, tile.first);
  let log = largest + vec4f(logarithm(total.x), logarithm(total.y), logarithm(total.z), logarithm(total.w));
  lse[at.x] = log.x;
  lse[at.y] = log.y;
  lse[at.z] = log.z;
  lse[at.w] = log.w;
}

// Of two blocks of keys, each with a column for each query.
struct TwoBlocks {
  first: mat4x4f,
  second: mat4x4f,
}

fn scoresOf(tile: Tile, key: u32) -> TwoBlocks {
  let qAt = queriesAt(tile, tile.first);
  let kAt0 = keysAt(tile, key);
  let kAt1 = keysAt(tile, key + 4u);
  var sums0 = mat4x4f();
  var sums1 = mat4x4f();
  for (var g = 0u; g < GROUPS; g++) {
    let queries = array(q[qAt.x + g], q[qAt.y + g], q[qAt.z + g], q[qAt.w + g]);
    let keys0 = Block(k[kAt0.x + g], k[kAt0.y + g], k[kAt0.z + g], k[kAt0.w + g]);
    let keys1 = Block(k[kAt1.x + g], k[kAt1.y + g], k[kAt1.z + g], k[kAt1.w + g]);
    sums0 += productsOfFour(queries, keys0);
    sums1 += productsOfFour(queries, keys1);
  }
  return TwoBlocks(seen(tile, key, sums0), seen(tile, key + 4u, sums1));
}

fn seen(tile: Tile, key: u32, sums: mat4x4f) -> mat4x4f {
  let keys = fourFrom(key);
  let lasts = lastsOf(tile);
  return mat4x4f(
    select(vec4f(UNSEEN), sums[0] * SCALE, keys <= vec4u(lasts.x)),
    select(vec4f(UNSEEN), sums[1] * SCALE, keys <= vec4u(lasts.y)),
    select(vec4f(UNSEEN), sums[2] * SCALE, keys <= vec4u(lasts.z)),
    select(vec4f(UNSEEN), sums[3] * SCALE, keys <= vec4u(lasts.w)),
  );
}

fn largestOfColumns(matrix: mat4x4f) -> vec4f {
  let rows = transpose(matrix);
  return max(max(rows[0], rows[1]), max(rows[2], rows[3]));
}

fn powers(scores: mat4x4f, largest: vec4f) -> mat4x4f {
  return mat4x4f(
    exponentials(scores[0] - largest.x),
    exponentials(scores[1] - largest.y),
    exponentials(scores[2] - largest.z),
    exponentials(scores[3] - largest.w),
  );
}

// o = o shrink + Σ weights v
fn addValues(tile: Tile, key: u32, shrink: vec4f, weights: TwoBlocks) {
  let oAt = denseAt(tile, tile.first, QUERIES);
  let vAt0 = valuesAt(tile, key);
  let vAt1 = valuesAt(tile, key + 4u);
  for (var g = 0u; g < GROUPS; g++) {
    let values0 = Block(v[vAt0.x + g], v[vAt0.y + g], v[vAt0.z + g], v[vAt0.w + g]);
    let values1 = Block(v[vAt1.x + g], v[vAt1.y + g], v[vAt1.z + g], v[vAt1.w + g]);
    let o0 = o[oAt.x + g] * shrink.x + mix(values0, weights.first[0]) + mix(values1, weights.second[0]);
    let o1 = o[oAt.y + g] * shrink.y + mix(values0, weights.first[1]) + mix(values1, weights.second[1]);
    let o2 = o[oAt.z + g] * shrink.z + mix(values0, weights.first[2]) + mix(values1, weights.second[2]);
    let o3 = o[oAt.w + g] * shrink.w + mix(values0, weights.first[3]) + mix(values1, weights.second[3]);
    o[oAt.x + g] = o0;
    o[oAt.y + g] = o1;
    o[oAt.z + g] = o2;
    o[oAt.w + g] = o3;
  }
}

// o = o scale, and 0 where that is, whatever was there.
fn scaleOutput(tile: Tile, scale: vec4f) {
  let oAt = denseAt(tile, tile.first, QUERIES);
  for (var g = 0u; g < GROUPS; g++) {
    let o0 = select(Elements(), o[oAt.x + g] * scale.x, scale.x != 0.0);
    let o1 = select(Elements(), o[oAt.y + g] * scale.y, scale.y != 0.0);
    let o2 = select(Elements(), o[oAt.z + g] * scale.z, scale.z != 0.0);
    let o3 = select(Elements(), o[oAt.w + g] * scale.w, scale.w != 0.0);
    o[oAt.x + g] = o0;
    o[oAt.y + g] = o1;
    o[oAt.z + g] = o2;
    o[oAt.w + g] = o3;
  }
}
