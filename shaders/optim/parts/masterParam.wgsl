// Half-precision parameters that are copies, rounded to the nearest, of float32 masters, which the optimizer keeps
// (Micikevicius et al. 2018, "Mixed Precision Training"). A master begins as the parameter itself.

@group(1) @binding(11) var<storage, read_write> master: array<Wide>;

fn loadParam(at: Place) -> Wide {
  if (isFirst(at)) {
    return readParam(at.param, at.count);
  }
  return master[at.state];
}

fn storeParam(at: Place, p: Wide) {
  master[at.state] = p;
  writeParam(at.param, at.count, p);
  average(at, p);
}
