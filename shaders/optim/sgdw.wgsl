// SGDW: decoupled weight decay (Loshchilov & Hutter 2019, Algorithm 1). Shrink, then step.
//   p ← p - (lr λ p + lr · direction(g))
// The decay never meets the velocity; without momentum this is SGD with L2. As everywhere in PyTorch, and unlike the
// paper, the decay is multiplied with the learning rate.

struct Hyper {
  lr: f32,
  decay: f32, // lr λ
  keep: f32, // 1 - lr λ
  momentum: f32,
  gradientShare: f32, // 1 - dampening; 1 at the first step
  nesterov: f32, // 1 or 0
}

fn update(at: Place, h: Hyper) {
  let step = h.lr * direction(gradient(at), at.state, h);
  storeParam(at, shrinkThenStep(loadParam(at), at, h.decay, h.keep, step));
}
