// The first moment in bfloat16, rounded stochastically.

@group(1) @binding(0) var<storage, read_write> m: array<vec2u>;

fn loadM(at: Place) -> Wide {
  return fromHalf(unpackHalves(m[at.state]), BFLOAT16);
}

fn storeM(at: Place, mNow: Wide) {
  m[at.state] = packHalves(halfStochastic(mNow, BFLOAT16, draw(at, M_ROLE)));
}
