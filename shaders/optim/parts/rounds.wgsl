// A tile of several rounds: its place and its scalars are read once for all of them.

fn updateTile(tile: Tile, lane: u32) {
  let row = rowOf(tile);
  let mayUpdate = !isSkipped();
  for (var first = 0u; first * WIDTH < tile.elements; first += WORKGROUP_SIZE) {
    let at = placeOf(tile, row.general, first + lane);
    if (at.count > 0u) {
      if (mayUpdate) {
        update(at, row.hyper);
      } else {
        zeroGradient(at);
      }
    }
  }
}
