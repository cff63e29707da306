// Adagrad (Duchi, Hazan & Singer 2011, the diagonal form; PyTorch's torch.optim.Adagrad): every square counts for ever.
//   g ← g + λ p
//   sum ← sum + g²
//   p ← p - lrₜ g / (√sum + ε),   lrₜ = lr / (1 + (t - 1) lrDecay)
// Both numeric profiles are this.

struct Hyper {
  stepSize: f32, // lrₜ
  weightDecay: f32,
  eps: f32,
}

@group(1) @binding(0) var<storage, read_write> sum: array<Wide>;

fn update(at: Place, h: Hyper) {
  let p = loadParam(at);
  let g = gradient(at) + h.weightDecay * decaying(p, at);
  let sumNow = sum[at.state] + g * g;
  sum[at.state] = sumNow;
  storeParam(at, p - (h.stepSize * g) / (sqrt(sumNow) + h.eps));
}
