// Half-precision parameters that are rounded stochastically: up as often as they are close to the upper neighbour. To the nearest,
// a step of less than half a spacing, 0.2 to 0.4 % of a bfloat16, would be lost every time; so it is taken in the mean.
// Gupta et al. 2015, "Deep Learning with Limited Numerical Precision"; for bfloat16 Zamirai et al. 2020, "Revisiting BFloat16
// Training".

fn loadParam(at: Place) -> Wide {
  return readParam(at.param, at.count);
}

fn storeParam(at: Place, p: Wide) {
  let codes = halfStochastic(p, halfFormat(), draw(at, PARAM_ROLE));
  writeHalves(at.param, at.count, codes);
  average(at, fromHalf(codes, halfFormat()));
}
