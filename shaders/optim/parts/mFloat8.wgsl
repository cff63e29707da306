// The first moment in 8 bits: a sign, four of exponent, three behind the point. See blocks.wgsl.

@group(1) @binding(0) var<storage, read_write> m: array<u32>;
@group(1) @binding(12) var<storage, read_write> mScale: array<f32>;

var<private> mOfLane: Wide;
var<workgroup> largestM: array<atomic<u32>, MOST_BLOCKS>;

fn loadM(at: Place) -> Wide {
  return fromSignedFloat8(m[at.state], mScale[at.state / BLOCK_LANES]);
}

fn storeM(at: Place, mNow: Wide) {
  mOfLane = valid(mNow, at.count);
  atomicMax(&largestM[blockOf(at)], largestOf(mOfLane));
}

fn storeBlockOfM(at: Place) {
  let scale = scaleOf(lowestBinade(atomicLoad(&largestM[blockOf(at)]), SIGNED_BINADES));
  m[at.state] = toSignedFloat8(mOfLane, scale, draw(at, M_ROLE));
  if (beginsBlock(at)) {
    mScale[at.state / BLOCK_LANES] = scale;
  }
}
