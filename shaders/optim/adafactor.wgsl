// Adafactor (Shazeer & Stern 2018, Algorithms 4 and 5, relative steps and clipping of Algorithm 6; PyTorch's
// torch.optim.Adafactor): AdamW without a first moment, whose second one is two vectors a matrix. Shrink, then step.
//   R ← R + t^-0.8 (mean of g² over the columns - R)     rowVar, one number a row
//   C ← C + t^-0.8 (mean of g² over the rows - C)        colVar, one number a column
//   V = R C / mean(R)                                    of tensors of fewer than two sides the moving average of g² itself
//   U = g / √V
//   α = max(ε₂, RMS(p)) min(lr, 1/√t)                    RMS(p) before the decay
//   p ← p - (lr λ p + α / max(1, RMS(U) / d) · U)
// Departs from the paper as PyTorch does: means and not sums, ε₁ not in g² but where V is taken (mean(R) ≥ ε₁, V ≥ ε₁²),
// and a step that lr caps. Of a tensor of more than two sides the last two are the matrices.
// Six dispatches: shaders/optim/factors/ has blocks, lines and means, then the measure pass, its totals, and this.

fn update(at: Place, h: Hyper) {
  let alpha = max(h.eps2, rms(total(at, 1u), at)) * h.rho;
  let stepSize = alpha / max(1.0, rms(total(at, 0u), at) / h.d);
  let u = normalized(gradient(at), estimate(at, h), h);
  storeParam(at, shrinkThenStep(loadParam(at), at, h.decay, h.keep, stepSize * u));
}

fn rms(sumOfSquares: f32, at: Place) -> f32 {
  return sqrt(sumOfSquares / elementsOf(at));
}
