// The body of every update rule, which brings `struct Hyper`, its states and `fn update(at: Place, h: Hyper)`.

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let index = tileIndex(workgroup);
  if (index < arrayLength(&tiles)) {
    updateTile(tiles[index], lane);
  }
}
