// Muon (Keller Jordan 2024, "Muon: An optimizer for hidden layers in neural networks"; PyTorch's torch.optim.Muon), for
// matrices [rows, columns].
//   b ← b + (1 - μ)(g - b)
//   u = b, or g + μ (b - g) with Nesterov's momentum
//   p ← p - (lr λ p + lr adjust O)
// O is u with its singular values taken to about 1, by Newton-Schulz steps of a quintic (Björck & Bowie 1971):
//   X = u / max(‖u‖, ε);   X ← aX + b(XXᵀ)X + c(XXᵀ)²X, a few times;   O = X
// adjust is √max(1, rows / columns), or 0.2 √max(rows, columns) (Liu et al. 2025), which gives a step the size of AdamW's.
// Before the update go muon/ahead.wgsl, which makes u and adds up ‖u‖², and three products of matrices a step: muon/gram.wgsl,
// muon/polynomial.wgsl and muon/combine.wgsl.
// Departs from PyTorch, which takes the steps in bfloat16: here they are float32.

struct Hyper {
  lr: f32,
  decay: f32, // lr λ
  keep: f32, // 1 - lr λ
  momentum: f32,
  oneMinusMomentum: f32,
  nesterov: f32, // 1 or 0
  eps: f32,
  nsA: f32,
  nsB: f32,
  nsC: f32,
  matchesRmsAdamw: f32, // which of the two adjusts, 1 or 0
}
