// The second moment in 8 bits: five of exponent, three behind the point, no sign. See blocks.wgsl.

@group(1) @binding(1) var<storage, read_write> v: array<u32>;
@group(1) @binding(13) var<storage, read_write> vScale: array<f32>;

var<private> vOfLane: Wide;
var<workgroup> largestV: array<atomic<u32>, MOST_BLOCKS>;

fn loadV(at: Place) -> Wide {
  return fromUnsignedFloat8(v[at.state], vScale[at.state / BLOCK_LANES]);
}

fn storeV(at: Place, vNow: Wide) {
  vOfLane = valid(vNow, at.count);
  atomicMax(&largestV[blockOf(at)], largestOf(vOfLane));
}

fn storeBlockOfV(at: Place) {
  let scale = scaleOf(lowestBinade(atomicLoad(&largestV[blockOf(at)]), UNSIGNED_BINADES));
  v[at.state] = toUnsignedFloat8(vOfLane, scale, draw(at, V_ROLE));
  if (beginsBlock(at)) {
    vScale[at.state / BLOCK_LANES] = scale;
  }
}
