// SGD with L2 regularization: the decay enters the gradient, so momentum carries it too (PyTorch's torch.optim.SGD).
//   g ← g + λ p
//   p ← p - lr · direction(g)
// Without momentum that is p ← (1 - lr λ) p - lr g: shrink, then step. Both numeric profiles are this.

struct Hyper {
  lr: f32,
  weightDecay: f32,
  momentum: f32,
  gradientShare: f32, // 1 - dampening; 1 at the first step
  nesterov: f32, // 1 or 0
}

fn update(at: Place, h: Hyper) {
  let p = loadParam(at);
  let g = gradient(at) + h.weightDecay * decaying(p, at);
  storeParam(at, p - h.lr * direction(g, at.state, h));
}
