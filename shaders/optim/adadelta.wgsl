// Adadelta (Zeiler 2012, Algorithm 1; PyTorch's torch.optim.Adadelta): steps in units of the parameter.
//   g ← g + λ p
//   v ← v + (1 - ρ)(g² - v)
//   Δ = √(vDelta + ε) / √(v + ε) · g
//   vDelta ← vDelta + (1 - ρ)(Δ² - vDelta)
//   p ← p - lr Δ
// ε lies inside both roots, and the learning rate, which the paper does not have, is 1.

struct Hyper {
  lr: f32,
  weightDecay: f32,
  rho: f32,
  oneMinusRho: f32,
  eps: f32,
}

@group(1) @binding(0) var<storage, read_write> v: array<Wide>;
@group(1) @binding(1) var<storage, read_write> vDelta: array<Wide>;

fn update(at: Place, h: Hyper) {
  let p = loadParam(at);
  let g = gradient(at) + h.weightDecay * decaying(p, at);
  let vNow = secondMoment(v[at.state], g, h.rho, h.oneMinusRho);
  v[at.state] = vNow;
  let vDeltaBefore = vDelta[at.state];
  let delta = (sqrt(vDeltaBefore + h.eps) / sqrt(vNow + h.eps)) * g;
  vDelta[at.state] = secondMoment(vDeltaBefore, delta, h.rho, h.oneMinusRho);
  storeParam(at, p - h.lr * delta);
}
