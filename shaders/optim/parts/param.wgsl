// Float32 parameters, in place.

@group(0) @binding(0) var<storage, read_write> param: array<Wide>;

fn loadParam(at: Place) -> Wide {
  return param[at.param];
}

fn storeParam(at: Place, p: Wide) {
  param[at.param] = p;
  average(at, p);
}
