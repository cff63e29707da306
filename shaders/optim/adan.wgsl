// Adan (Xie et al. 2022, "Adan: Adaptive Nesterov Momentum Algorithm", Algorithm 1). Shrink, then step.
//   d ← g - gBefore          0 at the first step
//   m ← β₁ m + (1 - β₁) g
//   v ← β₂ v + (1 - β₂) d
//   n ← β₃ n + (1 - β₃)(g + β₂ d)²
//   p ← p - (lr λ p + lr (m̂ + β₂ v̂) / (√n̂ + ε)),   ^: divided by 1 - βᵗ
// β as in the authors' code, which is 1 - β in the paper. Departs from the paper in the decay: p (1 - lr λ) before the
// step, their code's `no_prox`, and not p / (1 + lr λ) after it, so that weightDecay is the shrink here as everywhere.

struct Hyper {
  decay: f32, // lr λ
  keep: f32, // 1 - lr λ
  beta1: f32,
  oneMinusBeta1: f32,
  beta2: f32,
  oneMinusBeta2: f32,
  beta3: f32,
  oneMinusBeta3: f32,
  differenceShare: f32, // 0 at the first step, which has no gradient before it, then 1
  stepSize: f32, // lr / (1 - β₁ᵗ)
  differenceStepSize: f32, // lr β₂ / (1 - β₂ᵗ)
  rootBiasCorrection3: f32, // √(1 - β₃ᵗ)
  eps: f32,
}

@group(1) @binding(0) var<storage, read_write> m: array<Wide>;
@group(1) @binding(1) var<storage, read_write> v: array<Wide>;
@group(1) @binding(2) var<storage, read_write> n: array<Wide>;
@group(1) @binding(3) var<storage, read_write> gBefore: array<Wide>;

fn update(at: Place, h: Hyper) {
  let i = at.state;
  let g = gradient(at);
  let d = h.differenceShare * (g - gBefore[i]);
  let mNow = lerp(m[i], g, h.oneMinusBeta1, h.beta1);
  let vNow = lerp(v[i], d, h.oneMinusBeta2, h.beta2);
  let nNow = secondMoment(n[i], g + h.beta2 * d, h.beta3, h.oneMinusBeta3);
  m[i] = mNow;
  v[i] = vNow;
  n[i] = nNow;
  gBefore[i] = g;
  let denominator = sqrt(nNow) / h.rootBiasCorrection3 + h.eps;
  storeParam(at, shrinkThenSteps(loadParam(at), at, h.stepSize * mNow, h.differenceStepSize * vNow, denominator, h));
}

/// `accurate`: one difference, as `shrinkThenStep`. `torch`: the order of the authors' code, a division for each step.
fn shrinkThenSteps(p: Wide, at: Place, a: Wide, b: Wide, denominator: Wide, h: Hyper) -> Wide {
  if (TORCH) {
    return shrinkThenStep(p, at, h.decay, h.keep, a / denominator) - b / denominator;
  }
  return shrinkThenStep(p, at, h.decay, h.keep, (a + b) / denominator);
}
