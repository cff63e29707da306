// Schedule-free AdamW (Defazio et al. 2024, Algorithm 1): the step of shaders/optim/parts/scheduleFree.wgsl along the
// gradient over the root of its second moment. There is no first moment: the average takes its place.
//   v ← v + (1 - β₂)(g² - v)
//   z ← z - lr (g / (√v̂ + ε) + λ y),   v̂ = v / (1 - β₂ᵗ)
// The second moment never sees the decay, which is taken at y.

struct Hyper {
  share: f32, // c, the weight of this step over the sum of all so far
  rest: f32, // 1 - c
  stepSize: f32, // lr, warmed up
  stepSizeAtY: f32, // lr (1 - β₁ (1 - c))
  weightDecay: f32, // λ
  decay: f32, // lr λ
  decayAtY: f32, // lr (1 - β₁ (1 - c)) λ
  beta2: f32,
  oneMinusBeta2: f32,
  biasCorrection2: f32, // 1 - β₂ᵗ
  eps: f32,
}

@group(1) @binding(1) var<storage, read_write> v: array<Wide>;

fn update(at: Place, h: Hyper) {
  let g = gradient(at);
  let vNow = secondMoment(v[at.state], g, h.beta2, h.oneMinusBeta2);
  v[at.state] = vNow;
  scheduleFreeStep(at, g / (sqrt(vNow / h.biasCorrection2) + h.eps), h);
}
