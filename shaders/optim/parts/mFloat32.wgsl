// The first moment in float32.

@group(1) @binding(0) var<storage, read_write> m: array<Wide>;

fn loadM(at: Place) -> Wide {
  return m[at.state];
}

fn storeM(at: Place, mNow: Wide) {
  m[at.state] = mNow;
}
