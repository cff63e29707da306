// StableAdamW (Wortsman et al. 2023, "Stable and low-precision training for large-scale vision-language models",
// Algorithm 2): AdamW with Adafactor's update clipping, as a learning rate of each tensor's own. Shrink, then step.
//   m ← m + (1 - β̂₁)(g - m)
//   v ← v + (1 - β̂₂)(g² - v),   β̂ = β (1 - βᵗ⁻¹) / (1 - βᵗ)
//   RMS = √mean(g² / max(v, ε²))        over the whole tensor, with the v of this step
//   lrₜ = lr / max(1, RMS)
//   p ← p - (lrₜ λ p + lrₜ m / (√v + ε))
// With β̂ the moments are averages from the first step on: they are the paper's, which Adam's are only after their bias
// correction. The decay has lrₜ too, as in Algorithm 2, optimi and pytorch_optimizer; it has not in timm's AdamW with
// `clipping_threshold`.

struct Hyper {
  lr: f32,
  weightDecay: f32,
  decay: f32, // lr λ
  beta1: f32, // β̂₁
  oneMinusBeta1: f32,
  beta2: f32, // β̂₂
  oneMinusBeta2: f32,
  eps: f32,
  epsSquared: f32,
}
