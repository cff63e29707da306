// Float32 parameters, in place.

fn loadParam(at: Place) -> Wide {
  return readParam(at.param, at.count);
}

fn storeParam(at: Place, p: Wide) {
  writeParam(at.param, at.count, p);
  average(at, p);
}
