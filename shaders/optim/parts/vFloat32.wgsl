// The second moment in float32.

@group(1) @binding(1) var<storage, read_write> v: array<Wide>;

fn loadV(at: Place) -> Wide {
  return v[at.state];
}

fn storeV(at: Place, vNow: Wide) {
  v[at.state] = vNow;
}
