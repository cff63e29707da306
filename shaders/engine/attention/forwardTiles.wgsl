// The forward pass by tiles of queries, against blocks of keys.

@compute @workgroup_size(COLUMN_LANES, ROW_LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_id) id: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let tile = tileOf(workgroup, CAUSAL);
  if (!tile.isInside) {
    return;
  }
  let lane = Lane(id.x, id.y, index);
  let query = tile.first + 4u * lane.y;
  let end = select(KEYS, min(tile.first + TILE, KEYS), CAUSAL);
  var largest = vec4f(UNSEEN);
  var total = vec4f(); // of this lane's keys alone, until the end
  var output = Results();
  for (var key = 0u; key < end; key += BLOCK) {
    let scores = seenScores(productsOf(tile, lane, Q, K, key), query, key + 4u * lane.x);
    let before = largest;
    largest = rowsLargest(lane, max(before, largestOfColumns(scores)));
    let shrink = exponentials(before - largest);
    let weights = powers(scores, largest);
    total = total * shrink + vec4f(1.0) * weights;
    output = addWeighted(scaled(output, shrink), tile, lane, weights, V, key);
  }
  total = rowSums(lane, total);
  storeResults(3u, tile, lane, scaled(output, inverse(total)));
  if (lane.x == 0u) {
    storeLse(tile, query, largest, total);
  }
}

fn scaled(results: Results, scale: vec4f) -> Results {
  return Results(scaledRows(results.low, scale), scaledRows(results.high, scale));
}

fn scaledRows(rows: mat4x4f, scale: vec4f) -> mat4x4f {
  return mat4x4f(rows[0] * scale[0], rows[1] * scale[1], rows[2] * scale[2], rows[3] * scale[3]);
}

fn elementAt(operand: u32, at: u32) -> Elements {
  switch operand {
    case Q: { return q[at]; }
    case K: { return k[at]; }
    default: { return v[at]; }
  }
}

fn storeElement(binding: u32, at: u32, value: Elements) {
  o[at] = value;
}
