// No state is kept in blocks that share a scale.

fn storeBlocks(at: Place) {}
