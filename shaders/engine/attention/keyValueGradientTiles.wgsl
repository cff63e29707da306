// The gradients of keys and values by tiles of keys, against blocks of queries.

@compute @workgroup_size(COLUMN_LANES, ROW_LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_id) id: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let tile = tileOf(workgroup, false);
  if (!tile.isInside) {
    return;
  }
  let lane = Lane(id.x, id.y, index);
  let key = tile.first + 4u * lane.y;
  var keys = Results();
  var values = Results();
  for (var first = select(0u, tile.first, CAUSAL); first < QUERIES; first += BLOCK) {
    let query = first + 4u * lane.x;
    let places = numberPlaces(tile, query);
    let weights = weightsOfBlock(productsOf(tile, lane, K, Q, first), query, key, lsesAt(places));
    values = addWeighted(values, tile, lane, weights, DOUT, first);
    let slopes = slopesOfBlock(weights, productsOf(tile, lane, V, DOUT, first), deltasAt(places));
    keys = addWeighted(keys, tile, lane, slopes, Q, first);
  }
  storeResults(6u, tile, lane, keys);
  storeResults(7u, tile, lane, values);
}

fn elementAt(operand: u32, at: u32) -> Elements {
  switch operand {
    case Q: { return q[at]; }
    case K: { return k[at]; }
    case V: { return v[at]; }
    default: { return dout[at]; }
  }
}

fn storeElement(binding: u32, at: u32, value: Elements) {
  if (binding == 6u) {
    dk[at] = value;
  } else {
    dv[at] = value;
  }
}
