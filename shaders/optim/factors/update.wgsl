// Adafactor, last pass: the update.
//   p ← p - (lr λ p + max(ε₂, RMS(p)) ρ / max(1, RMS(U) / d) · U)

fn update(at: Place, h: Hyper) {
  let alpha = max(h.eps2, rms(total(at, 1u), at)) * h.rho;
  let stepSize = alpha / max(1.0, rms(total(at, 0u), at) / h.d);
  let u = normalized(gradient(at), estimate(at, h), h);
  storeParam(at, shrinkThenStep(loadParam(at), at, h.decay, h.keep, stepSize * u));
}

fn rms(sumOfSquares: f32, at: Place) -> f32 {
  return sqrt(sumOfSquares / elementsOf(at));
}
