// Where both moments are kept in 8 bits.

fn storeBlocks(at: Place) {
  workgroupBarrier();
  storageBarrier(); // the scale before this step has been read
  if (at.count > 0u) {
    storeBlockOfM(at);
    storeBlockOfV(at);
  }
}
