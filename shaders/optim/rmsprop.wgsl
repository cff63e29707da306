// RMSprop (Hinton 2012, lecture 6e; PyTorch's torch.optim.RMSprop): the gradient over the root of its running square.
//   g ← g + λ p
//   v ← v + (1 - α)(g² - v)
//   p ← p - lr g / (√v + ε)
// Centered (Graves 2013, equations 38 to 41), v's root is that of the variance, v - gAvg². Both come in as parts, as does
// momentum, whose velocity then sums the normalized gradients.

struct Hyper {
  lr: f32,
  weightDecay: f32,
  alpha: f32,
  oneMinusAlpha: f32,
  eps: f32,
  momentum: f32,
}

@group(1) @binding(0) var<storage, read_write> v: array<Wide>;

fn update(at: Place, h: Hyper) {
  let p = loadParam(at);
  let g = gradient(at) + h.weightDecay * decaying(p, at);
  let vNow = secondMoment(v[at.state], g, h.alpha, h.oneMinusAlpha);
  v[at.state] = vNow;
  let denominator = sqrt(variance(vNow, g, at.state, h)) + h.eps;
  storeParam(at, p - normalizedStep(g, denominator, at.state, h));
}
