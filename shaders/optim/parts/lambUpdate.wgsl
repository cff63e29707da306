// LAMB's second pass: the step, once the norms are known. It does without the gradient, which the moments have taken in.

fn update(at: Place, h: Hyper) {
  let p = loadParam(at);
  let u = direction(Moments(m[at.state], v[at.state]), p, at, h);
  let ratio = trustRatio(sqrt(total(at, 0u)), sqrt(total(at, 1u)), h);
  storeParam(at, p - scaled(u, ratio, h));
}

fn trustRatio(pNorm: f32, uNorm: f32, h: Hyper) -> f32 {
  if (h.adapts == 0.0 || pNorm == 0.0 || uNorm == 0.0) {
    return 1.0;
  }
  return pNorm / uNorm;
}

fn scaled(u: Wide, ratio: f32, h: Hyper) -> Wide {
  if (TORCH) {
    return h.lr * (ratio * u);
  }
  return (h.lr * ratio) * u;
}
