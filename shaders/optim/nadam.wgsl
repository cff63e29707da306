// NAdam (Dozat 2016; PyTorch's torch.optim.NAdam): Adam with Nesterov's momentum, on a schedule μₜ of its own.
//   g ← g + λ p                                  coupled, PyTorch's default
//   m ← m + (1 - β₁)(g - m)
//   v ← v + (1 - β₂)(g² - v)
//   p ← p - (lr λ p + (gradientStep g + momentumStep m) / (√(v / (1 - β₂ᵗ)) + ε))   with lr λ where decoupled
//   μₜ = β₁ (1 - 0.96^(t · momentumDecay) / 2)
// One of the two decays is always zero, which changes no bit: whether it is decoupled needs no other shader.
// PyTorch writes the two parts of the step apart, as the torch profile does.

struct Hyper {
  weightDecay: f32, // 0 where decoupled
  decay: f32, // lr λ, 0 where coupled
  keep: f32, // 1 - lr λ, 1 where coupled
  beta1: f32,
  oneMinusBeta1: f32,
  beta2: f32,
  oneMinusBeta2: f32,
  biasCorrection2: f32, // 1 - β₂ᵗ
  gradientStep: f32, // lr (1 - μₜ) / (1 - μ₁ … μₜ)
  momentumStep: f32, // lr μₜ₊₁ / (1 - μ₁ … μₜ₊₁)
  eps: f32,
}

fn update(at: Place, h: Hyper) {
  let p = loadParam(at);
  let g = gradient(at) + h.weightDecay * decaying(p, at);
  let now = updateMoments(g, at, h);
  let denominator = sqrt(now.v / h.biasCorrection2) + h.eps;
  storeParam(at, nesterovStep(p, at, h.gradientStep * g, h.momentumStep * now.m, denominator, h));
}

fn nesterovStep(p: Wide, at: Place, along: Wide, ahead: Wide, denominator: Wide, h: Hyper) -> Wide {
  if (TORCH) {
    return shrinkThenStep(p, at, h.decay, h.keep, along / denominator) - ahead / denominator;
  }
  return shrinkThenStep(p, at, h.decay, h.keep, (along + ahead) / denominator);
}
