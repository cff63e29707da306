// Adamax (Kingma & Ba 2015, Algorithm 2; PyTorch's torch.optim.Adamax): Adam with the infinity norm.
//   g ← g + λ p
//   m ← m + (1 - β₁)(g - m)
//   u ← max(β₂ u, |g| + ε)
//   p ← p - lr / (1 - β₁ᵗ) · m / u
// ε, which the paper does not have, lies in u, as PyTorch has it. Both numeric profiles are this.

struct Hyper {
  weightDecay: f32,
  beta1: f32,
  oneMinusBeta1: f32,
  beta2: f32,
  stepSize: f32, // lr / (1 - β₁ᵗ)
  eps: f32,
}

@group(1) @binding(0) var<storage, read_write> m: array<Wide>;
@group(1) @binding(1) var<storage, read_write> u: array<Wide>;

fn update(at: Place, h: Hyper) {
  let p = loadParam(at);
  let g = gradient(at) + h.weightDecay * decaying(p, at);
  let mNow = lerp(m[at.state], g, h.oneMinusBeta1, h.beta1);
  m[at.state] = mNow;
  let uNow = max(h.beta2 * u[at.state], abs(g) + h.eps);
  u[at.state] = uNow;
  storeParam(at, p - (h.stepSize * mNow) / uNow);
}
