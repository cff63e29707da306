// LAMB (You et al. 2020, "Large Batch Optimization for Deep Learning", Algorithm 2): Adam's direction and the decay,
// scaled to the size of the tensor.
//   m ← m + (1 - β₁)(g - m)
//   v ← v + (1 - β₂)(g² - v)
//   u = m̂ / (√v̂ + ε) + λ p,   ^: divided by 1 - βᵗ
//   p ← p - lr · ‖p‖ / ‖u‖ · u
// The ratio of the norms, over the whole tensor, is 1 where one of them is 0, and where the tensor does not decay unless
// `alwaysAdapt` is set, as in Apex and timm. √v̂ is √v / √(1 - β₂ᵗ) as in our Adam and in timm; Apex takes √(v / (1 - β₂ᵗ)),
// which rounds otherwise. `accurate` multiplies u with lr · ratio, rounded once, as Apex does; `torch` with the ratio and
// then with lr, as timm does. Neither clips: the global norm is the optimizer's affair.

struct Hyper {
  lr: f32,
  weightDecay: f32,
  beta1: f32,
  oneMinusBeta1: f32,
  beta2: f32,
  oneMinusBeta2: f32,
  biasCorrection1: f32, // 1 - β₁ᵗ
  rootBiasCorrection2: f32, // √(1 - β₂ᵗ)
  eps: f32,
  adapts: f32, // 1 where the step has the ratio of the norms, else 0
}

/// u, of the moments of this step.
fn direction(now: Moments, p: Wide, at: Place, h: Hyper) -> Wide {
  let denominator = sqrt(now.v) / h.rootBiasCorrection2 + h.eps;
  return (now.m / h.biasCorrection1) / denominator + h.weightDecay * decaying(p, at);
}
