// AdamW: decoupled weight decay (Loshchilov & Hutter 2019, Algorithm 2). Shrink, then step.
//   p ← p - (lr λ p + adamStep(g))
// The moments never see the decay. As in PyTorch, and unlike the paper, the decay is multiplied with the learning rate.

struct Hyper {
  decay: f32, // lr λ
  keep: f32, // 1 - lr λ
  beta1: f32,
  oneMinusBeta1: f32,
  beta2: f32,
  oneMinusBeta2: f32,
  stepSize: f32, // lr / (1 - β₁ᵗ)
  rootBiasCorrection2: f32, // √(1 - β₂ᵗ)
  eps: f32,
}

fn update(at: Place, h: Hyper) {
  let step = adamStep(gradient(at), at, h);
  storeParam(at, shrinkThenStep(loadParam(at), at, h.decay, h.keep, step));
}
