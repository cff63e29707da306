// A tile of one round, which may store blocks: its lanes come there together.

fn updateTile(tile: Tile, lane: u32) {
  let row = rowOf(tile);
  let at = placeOf(tile, row.general, lane);
  if (isSkipped()) {
    if (at.count > 0u) {
      zeroGradient(at);
    }
    return;
  }
  if (at.count > 0u) {
    update(at, row.hyper);
  }
  storeBlocks(at);
}
