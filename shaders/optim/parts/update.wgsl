// The body of every update rule, which brings `struct Hyper`, its states and `fn update(at: Place, h: Hyper)`.

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let index = tileIndex(workgroup);
  if (index >= arrayLength(&tiles)) {
    return;
  }
  let at = placeOf(tiles[index], lane);
  if (isSkipped()) {
    if (at.count > 0u) {
      zeroGradient(at);
    }
    return;
  }
  if (at.count > 0u) {
    update(at, rowAt(at.row).hyper);
  }
  storeBlocks(at);
}
