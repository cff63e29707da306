// The second moment in bfloat16, rounded stochastically: with a β₂ of 0.999 most of its changes are less than half a spacing.

@group(1) @binding(1) var<storage, read_write> v: array<vec2u>;

fn loadV(at: Place) -> Wide {
  return fromHalf(unpackHalves(v[at.state]), BFLOAT16);
}

fn storeV(at: Place, vNow: Wide) {
  v[at.state] = packHalves(halfStochastic(vNow, BFLOAT16, draw(at, V_ROLE)));
}
