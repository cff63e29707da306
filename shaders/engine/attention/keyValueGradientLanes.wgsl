// dv[j] = Σᵢ p[i, j] dout[i] and dk[j] = Σᵢ ds[i, j] q[i], over the queries i that see the key j.
// Dao, "FlashAttention-2" (2023), https://arxiv.org/abs/2307.08691, algorithm 2; by keys, so that no two lanes add to one sum.

@group(0) @binding(0) var<storage, read> q: array<Elements>;
@group(0) @binding(1) var<storage, read> k: array<Elements>;
@group(0) @binding(2) var<storage, read> v: array<Elements>;
@group(0) @binding(3) var<storage, read> lse: array<f32>; // [batches, heads, queries]
@group(0) @binding(4) var<storage, read> delta: array<f32>; // [batches, heads, queries]
@group(0) @binding(5) var<storage, read> dout: array<Elements>; // [batches, queries, heads, depth]
@group(0) @binding(6) var<storage, read_write> dk: array<Elements>; // [batches, keys, heads, depth]
@group(0) @binding(7) var<storage, read_write> dv: array<Elements>; // [batches, keys, heads, depth]

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) index: u32) {
  let tile = tileOf(workgroup, index, KEYS);
  if (!tile.isInside) {
    return;
  }
  begin(tile);
  for (var query = select(0u, tile.first, CAUSAL); query < QUERIES; query += 8u) {
    var scores = Pairs();
    var slopes = Pairs();
    productsAt(tile, query, &scores, &slopes);
    let weights = Pairs(weightsAt(tile, query, scores.first), weightsAt(tile, query + 4u, scores.second));
    let finished = Pairs(
      slopesAt(tile, query, weights.first, slopes.first),
      slopesAt(tile, query + 4u, weights.second, slopes.second),
    );
    addQueries(tile, query, weights, finished);
  }
}

fn begin(tile: Tile) {
  let at = denseAt(tile, tile.first, KEYS);
  for (var g = 0u; g < GROUPS; g++) {
    dk[at.x + g] = Elements();
    dk[at.y + g] = Elements();
    dk[at.z + g] = Elements();
    dk[at.w + g] = Elements();
    dv[at.x + g] = Elements();
    dv[at.y + g] = Elements();
    dv[at.z + g] = Elements();
    dv[at.w + g] = Elements();
  }
}

// q · k and dout · v, with a column for each key.
fn productsAt(tile: Tile, query: u32, scores: ptr<function, Pairs>, slopes: ptr<function, Pairs>) {
  let kAt = keysAt(tile, tile.first);
  let vAt = valuesAt(tile, tile.first);
  let qAt0 = queriesAt(tile, query);
  let qAt1 = queriesAt(tile, query + 4u);
  let doutAt0 = denseAt(tile, query, QUERIES);
  let doutAt1 = denseAt(tile, query + 4u, QUERIES);
  for (var g = 0u; g < GROUPS; g++) {
    let keys = array(k[kAt.x + g], k[kAt.y + g], k[kAt.z + g], k[kAt.w + g]);
    let queries0 = Block(q[qAt0.x + g], q[qAt0.y + g], q[qAt0.z + g], q[qAt0.w + g]);
    let queries1 = Block(q[qAt1.x + g], q[qAt1.y + g], q[qAt1.z + g], q[qAt1.w + g]);
    (*scores).first += productsOfFour(keys, queries0);
    (*scores).second += productsOfFour(keys, queries1);
    let values = array(v[vAt.x + g], v[vAt.y + g], v[vAt.z + g], v[vAt.w + g]);
    let outputs0 = Block(dout[doutAt0.x + g], dout[doutAt0.y + g], dout[doutAt0.z + g], dout[doutAt0.w + g]);
    let outputs1 = Block(dout[doutAt1.x + g], dout[doutAt1.y + g], dout[doutAt1.z + g], dout[doutAt1.w + g]);
    (*slopes).first += productsOfFour(values, outputs0);
    (*slopes).second += productsOfFour(values, outputs1);
  }
}

fn weightsAt(tile: Tile, query: u32, scores: mat4x4f) -> mat4x4f {
  let at = numbersAt(tile, query);
  let lses = vec4f(lse[at.x], lse[at.y], lse[at.z], lse[at.w]);
  let queries = fourFrom(query);
  let keys = select(vec4u(), min(fourFrom(tile.first), vec4u(KEYS - 1u)), CAUSAL);
  let areInside = queries < vec4u(QUERIES);
  return mat4x4f(
    weightsOf(scores[0], lses, areInside & (queries >= vec4u(keys.x))),
    weightsOf(scores[1], lses, areInside & (queries >= vec4u(keys.y))),
    weightsOf(scores[2], lses, areInside & (queries >= vec4u(keys.z))),
    weightsOf(scores[3], lses, areInside & (queries >= vec4u(keys.w))),
  );
}

fn slopesAt(tile: Tile, query: u32, weights: mat4x4f, slopes: mat4x4f) -> mat4x4f {
  let at = numbersAt(tile, query);
  let deltas = vec4f(delta[at.x], delta[at.y], delta[at.z], delta[at.w]);
  return mat4x4f(
    slopesOf(weights[0], slopes[0], deltas),
    slopesOf(weights[1], slopes[1], deltas),
    slopesOf(weights[2], slopes[2], deltas),
    slopesOf(weights[3], slopes[3], deltas),
  );
}

// dk = dk + Σ ds q and dv = dv + Σ p dout
fn addQueries(tile: Tile, query: u32, weights: Pairs, slopes: Pairs) {
  let at = denseAt(tile, tile.first, KEYS);
  let qAt0 = queriesAt(tile, query);
  let qAt1 = queriesAt(tile, query + 4u);
  let doutAt0 = denseAt(tile, query, QUERIES);
  let doutAt1 = denseAt(tile, query + 4u, QUERIES);
  for (var g = 0u; g < GROUPS; g++) {
    let queries0 = Block(q[qAt0.x + g], q[qAt0.y + g], q[qAt0.z + g], q[qAt0.w + g]);
    let queries1 = Block(q[qAt1.x + g], q[qAt1.y + g], q[qAt1.z + g], q[qAt1.w + g]);
    let dk0 = dk[at.x + g] + mix(queries0, slopes.first[0]) + mix(queries1, slopes.second[0]);
    let dk1 = dk[at.y + g] + mix(queries0, slopes.first[1]) + mix(queries1, slopes.second[1]);
    let dk2 = dk[at.z + g] + mix(queries0, slopes.first[2]) + mix(queries1, slopes.second[2]);
    let dk3 = dk[at.w + g] + mix(queries0, slopes.first[3]) + mix(queries1, slopes.second[3]);
    dk[at.x + g] = dk0;
    dk[at.y + g] = dk1;
    dk[at.z + g] = dk2;
    dk[at.w + g] = dk3;
    let outputs0 = Block(dout[doutAt0.x + g], dout[doutAt0.y + g], dout[doutAt0.z + g], dout[doutAt0.w + g]);
    let outputs1 = Block(dout[doutAt1.x + g], dout[doutAt1.y + g], dout[doutAt1.z + g], dout[doutAt1.w + g]);
    let dv0 = dv[at.x + g] + mix(outputs0, weights.first[0]) + mix(outputs1, weights.second[0]);
    let dv1 = dv[at.y + g] + mix(outputs0, weights.first[1]) + mix(outputs1, weights.second[1]);
    let dv2 = dv[at.z + g] + mix(outputs0, weights.first[2]) + mix(outputs1, weights.second[2]);
    let dv3 = dv[at.w + g] + mix(outputs0, weights.first[3]) + mix(outputs1, weights.second[3]);
    dv[at.x + g] = dv0;
    dv[at.y + g] = dv1;
    dv[at.z + g] = dv2;
    dv[at.w + g] = dv3;
  }
}
