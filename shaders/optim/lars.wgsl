// LARS (You, Gitman & Ginsburg 2017, "Large Batch Training of Convolutional Networks"): SGD whose gradients are scaled to
// the size of the tensor.
//   g ← η ‖p‖ / (‖g‖ + λ ‖p‖ + ε) · (g + λ p)
//   p ← p - lr · direction(g)
// The ratio of the norms, over the whole tensor, is 1 where one of them is 0, and where the tensor does not decay unless
// `alwaysAdapt` is set, as in timm; Apex's LARC always adapts, and does not decay where a norm is 0. As in both, and unlike
// the paper, the learning rate is not part of what the velocity sums, and there is an ε. Both numeric profiles are this.

struct Hyper {
  lr: f32,
  weightDecay: f32,
  momentum: f32,
  gradientShare: f32, // 1 - dampening; 1 at the first step
  nesterov: f32, // 1 or 0
  trustCoefficient: f32, // η
  eps: f32,
  adapts: f32, // 1 where the gradient has the ratio of the norms, else 0
}
