// RAdam (Liu et al. 2020, Algorithm 2; PyTorch's torch.optim.RAdam): Adam that divides by √v only once v has seen enough.
//   g ← g + λ p                                  coupled, PyTorch's default
//   m ← m + (1 - β₁)(g - m)
//   v ← v + (1 - β₂)(g² - v)
//   p ← p - (lr λ p + step)                      with lr λ where decoupled
//   step = lr / (1 - β₁ᵗ) · r √(1 - β₂ᵗ) · m / (√v + ε) where ρₜ > 5, else lr / (1 - β₁ᵗ) · m
// ε is added to the √v that is not corrected. One of the two decays is always zero, which changes no bit.
// `accurate` has all scalars of the step in one; `torch` multiplies them one after the other, as PyTorch does.

struct Hyper {
  weightDecay: f32, // 0 where decoupled
  decay: f32, // lr λ, 0 where coupled
  keep: f32, // 1 - lr λ, 1 where coupled
  beta1: f32,
  oneMinusBeta1: f32,
  beta2: f32,
  oneMinusBeta2: f32,
  rectified: f32, // 1 where ρₜ > 5, else 0
  stepSize: f32, // all scalars of the step
  lr: f32,
  biasCorrection1: f32, // 1 - β₁ᵗ
  rootBiasCorrection2: f32, // √(1 - β₂ᵗ)
  rectification: f32, // r; 1 where it is not rectified
  eps: f32,
}

fn update(at: Place, h: Hyper) {
  let p = loadParam(at);
  let g = gradient(at) + h.weightDecay * decaying(p, at);
  let now = updateMoments(g, at, h);
  storeParam(at, shrinkThenStep(p, at, h.decay, h.keep, rectifiedStep(now.m, sqrt(now.v) + h.eps, h)));
}

fn rectifiedStep(mNow: Wide, denominator: Wide, h: Hyper) -> Wide {
  let isRectified = h.rectified != 0.0;
  if (TORCH) {
    let plain = (mNow / h.biasCorrection1) * h.lr;
    let adapted = (plain * ((1.0 / denominator) * h.rootBiasCorrection2)) * h.rectification;
    return select(plain, adapted, isRectified);
  }
  let plain = h.stepSize * mNow;
  return select(plain, plain / denominator, isRectified);
}
