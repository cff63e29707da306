// Schedule-free SGD (Defazio et al. 2024): the step of shaders/optim/parts/scheduleFree.wgsl along the gradient.
//   z ← z - lr (g + λ y)
// β, the share of x in y, is called `momentum`, as in the authors' package. The decay is taken at y.

struct Hyper {
  share: f32, // c, the weight of this step over the sum of all so far
  rest: f32, // 1 - c
  stepSize: f32, // lr, warmed up
  stepSizeAtY: f32, // lr (1 - β (1 - c))
  weightDecay: f32, // λ
  decay: f32, // lr λ
  decayAtY: f32, // lr (1 - β (1 - c)) λ
}

fn update(at: Place, h: Hyper) {
  scheduleFreeStep(at, gradient(at), h);
}
