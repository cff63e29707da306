// Lion (Chen et al. 2023, "Symbolic Discovery of Optimization Algorithms", Algorithm 2). Shrink, then step.
//   p ← p - (lr λ p + lr · sign(β₁ m + (1 - β₁) g)),   sign(0) = 0
//   m ← β₂ m + (1 - β₂) g
// All weights move by lr, whatever the size of their gradients: lr is smaller than AdamW's, and λ as much larger. The
// paper's PyTorch code shrinks first as well. Where β₁ m and (1 - β₁) g cancel to the last bit, the rounding chooses the
// sign, so a GPU that fuses multiply-adds may step the other way there.
// Steps of one size do not dither the rounding of p: at a constant lr, `accurate` loses decays of 1e-8 a step too. On a
// schedule they are true (test/unit/lion.test.ts).

struct Hyper {
  lr: f32,
  decay: f32, // lr λ
  keep: f32, // 1 - lr λ
  beta1: f32,
  oneMinusBeta1: f32,
  beta2: f32,
  oneMinusBeta2: f32,
}

fn update(at: Place, h: Hyper) {
  let g = gradient(at);
  let mBefore = loadM(at);
  let step = h.lr * sign(blend(mBefore, g, h.beta1, h.oneMinusBeta1));
  storeM(at, blend(mBefore, g, h.beta2, h.oneMinusBeta2));
  storeParam(at, shrinkThenStep(loadParam(at), at, h.decay, h.keep, step));
}

/// β m + (1 - β) g. `accurate` takes the lerp, since the rounded β and 1 - β do not sum to 1; `torch` the two products.
fn blend(mBefore: Wide, g: Wide, beta: f32, oneMinusBeta: f32) -> Wide {
  if (TORCH) {
    return beta * mBefore + oneMinusBeta * g;
  }
  return lerp(mBefore, g, oneMinusBeta, beta);
}
