// Adam with L2 regularization (PyTorch's torch.optim.Adam): the decay enters the gradient, and the moments rescale it.
//   g ← g + λ p
//   p ← p - adamStep(g)
// A weight with large gradients hardly shrinks then; AdamW is the rule that shrinks all weights alike.

struct Hyper {
  weightDecay: f32,
  beta1: f32,
  oneMinusBeta1: f32,
  beta2: f32,
  oneMinusBeta2: f32,
  stepSize: f32, // lr / (1 - β₁ᵗ)
  rootBiasCorrection2: f32, // √(1 - β₂ᵗ)
  eps: f32,
}

fn update(at: Place, h: Hyper) {
  let p = loadParam(at);
  let g = gradient(at) + h.weightDecay * decaying(p, at);
  storeParam(at, p - adamStep(g, at, h));
}
