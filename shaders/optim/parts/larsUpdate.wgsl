// LARS's second pass: SGD, once the norms are known.

fn update(at: Place, h: Hyper) {
  let p = loadParam(at);
  let ratio = trustRatio(sqrt(total(at, 0u)), sqrt(total(at, 1u)), h);
  let g = ratio * (gradient(at) + h.weightDecay * decaying(p, at));
  storeParam(at, p - h.lr * direction(g, at.state, h));
}

fn trustRatio(pNorm: f32, gNorm: f32, h: Hyper) -> f32 {
  if (h.adapts == 0.0 || pNorm == 0.0 || gNorm == 0.0) {
    return 1.0;
  }
  return (h.trustCoefficient * pNorm) / ((gNorm + h.weightDecay * pNorm) + h.eps);
}
