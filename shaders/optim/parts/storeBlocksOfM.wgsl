// Where the first moment is kept in 8 bits, and there is no second.

fn storeBlocks(at: Place) {
  workgroupBarrier();
  storageBarrier(); // the scale before this step has been read
  if (at.count > 0u) {
    storeBlockOfM(at);
  }
}
