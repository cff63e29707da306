// A tile of several rounds: its place and its scalars are read once for all of them. The loop asks at its end, since an
// adapter without branches of its own goes once more through a loop that asks at its start, for nothing.

fn updateTile(tile: Tile, lane: u32) {
  let row = rowOf(tile);
  let mayUpdate = !isSkipped();
  var i = lane;
  loop {
    let at = placeOf(tile, row.general, i);
    if (at.count > 0u) {
      if (mayUpdate) {
        update(at, row.hyper);
      } else {
        zeroGradient(at);
      }
    }
    continuing {
      i += WORKGROUP_SIZE;
      break if i * WIDTH >= tile.elements;
    }
  }
}
