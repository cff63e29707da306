// dq[i] = Σⱼ ds[i, j] k[j], and delta[i] = dout[i] · o[i] for the gradients of keys and values, which come after.
// Dao, "FlashAttention-2" (2023), https://arxiv.org/abs/2307.08691, algorithm 2; by queries, so that no two lanes add to one sum.

@group(0) @binding(0) var<storage, read> q: array<Elements>;
@group(0) @binding(1) var<storage, read> k: array<Elements>;
@group(0) @binding(2) var<storage, read> v: array<Elements>;
@group(0) @binding(3) var<storage, read> o: array<Elements>; // [batches, queries, heads, depth]
@group(0) @binding(4) var<storage, read> lse: array<f32>; // [batches, heads, queries]
@group(0) @binding(5) var<storage, read> dout: array<Elements>; // [batches, queries, heads, depth]
@group(0) @binding(6) var<storage, read_write> dq: array<Elements>; // [batches, queries, heads, depth]
@group(0) @binding(7) var<storage, read_write> delta: array<f32>; // [batches, heads, queries]

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) index: u32) {
  let tile = tileOf(workgroup, index, QUERIES);
  if (!tile.isInside) {
    return;
  }
  let deltas = begin(tile);
  let at = numbersAt(tile, tile.first);
  let lses = vec4f(lse[at.x], lse[at.y], lse[at.z], lse[at.w]);
  let end = select(KEYS, min(tile.first + 4u, KEYS), CAUSAL);
  for (var key = 0u; key < end; key += 8u) {
    addKeys(tile, key, slopesAt(tile, key, lses, deltas));
  }
}

// Empties the tile's dq, and stores and returns its delta.
fn begin(tile: Tile) -> vec4f {
  let oAt = denseAt(tile, tile.first, QUERIES);
  var deltas = vec4f();
  for (var g = 0u; g < GROUPS; g++) {
    deltas += vec4f(
      product(dout[oAt.x + g], o[oAt.x + g]),
      product(dout[oAt.y + g], o[oAt.y + g]),
      product(dout[oAt.z + g], o[oAt.z + g]),
      product(dout[oAt.w + g], o[oAt.w + g]),
    );
    dq[oAt.x + g] = Elements();
    dq[oAt.y + g] = Elements();
    dq[oAt.z + g] = Elements();
    dq[oAt.w + g] = Elements();
  }
  let at = numbersAt(tile, tile.first);
  delta[at.x] = deltas.x;
  delta[at.y] = deltas.y;
  delta[at.z] = deltas.z;
  delta[at.w] = deltas.w;
  return deltas;
}

// ds, with a column for each query.
fn slopesAt(tile: Tile, key: u32, lses: vec4f, deltas: vec4f) -> Pairs {
  let qAt = queriesAt(tile, tile.first);
  let doutAt = denseAt(tile, tile.first, QUERIES);
  let kAt0 = keysAt(tile, key);
  let kAt1 = keysAt(tile, key + 4u);
  let vAt0 = valuesAt(tile, key);
  let vAt1 = valuesAt(tile, key + 4u);
  var scores = Pairs();
  var slopes = Pairs();
  for (var g = 0u; g < GROUPS; g++) {
    let queries = array(q[qAt.x + g], q[qAt.y + g], q[qAt.z + g], q[qAt.w + g]);
    let keys0 = Block(k[kAt0.x + g], k[kAt0.y + g], k[kAt0.z + g], k[kAt0.w + g]);
    let keys1 = Block(k[kAt1.x + g], k[kAt1.y + g], k[kAt1.z + g], k[kAt1.w + g]);
    scores.first += productsOfFour(queries, keys0);
    scores.second += productsOfFour(queries, keys1);
    let outputs = array(dout[doutAt.x + g], dout[doutAt.y + g], dout[doutAt.z + g], dout[doutAt.w + g]);
    let values0 = Block(v[vAt0.x + g], v[vAt0.y + g], v[vAt0.z + g], v[vAt0.w + g]);
    let values1 = Block(v[vAt1.x + g], v[vAt1.y + g], v[vAt1.z + g], v[vAt1.w + g]);
    slopes.first += productsOfFour(outputs, values0);
    slopes.second += productsOfFour(outputs, values1);
  }
  return Pairs(
    finished(tile, key, scores.first, slopes.first, lses, deltas),
    finished(tile, key + 4u, scores.second, slopes.second, lses, deltas),
  );
}

fn finished(tile: Tile, key: u32, scores: mat4x4f, slopes: mat4x4f, lses: vec4f, deltas: vec4f) -> mat4x4f {
  let keys = fourFrom(key);
  let lasts = lastsOf(tile);
  return mat4x4f(
    slopesOf(weightsOf(scores[0], vec4f(lses.x), keys <= vec4u(lasts.x)), slopes[0], vec4f(deltas.x)),
    slopesOf(weightsOf(scores[1], vec4f(lses.y), keys <= vec4u(lasts.y)), slopes[1], vec4f(deltas.y)),
    slopesOf(weightsOf(scores[2], vec4f(lses.z), keys <= vec4u(lasts.z)), slopes[2], vec4f(deltas.z)),
    slopesOf(weightsOf(scores[3], vec4f(lses.w), keys <= vec4u(lasts.w)), slopes[3], vec4f(deltas.w)),
  );
}

// dq = dq + Σ ds k
fn addKeys(tile: Tile, key: u32, slopes: Pairs) {
  let at = denseAt(tile, tile.first, QUERIES);
  let kAt0 = keysAt(tile, key);
  let kAt1 = keysAt(tile, key + 4u);
  for (var g = 0u; g < GROUPS; g++) {
    let keys0 = Block(k[kAt0.x + g], k[kAt0.y + g], k[kAt0.z + g], k[kAt0.w + g]);
    let keys1 = Block(k[kAt1.x + g], k[kAt1.y + g], k[kAt1.z + g], k[kAt1.w + g]);
    let dq0 = dq[at.x + g] + mix(keys0, slopes.first[0]) + mix(keys1, slopes.second[0]);
    let dq1 = dq[at.y + g] + mix(keys0, slopes.first[1]) + mix(keys1, slopes.second[1]);
    let dq2 = dq[at.z + g] + mix(keys0, slopes.first[2]) + mix(keys1, slopes.second[2]);
    let dq3 = dq[at.w + g] + mix(keys0, slopes.first[3]) + mix(keys1, slopes.second[3]);
    dq[at.x + g] = dq0;
    dq[at.y + g] = dq1;
    dq[at.z + g] = dq2;
    dq[at.w + g] = dq3;
  }
}
