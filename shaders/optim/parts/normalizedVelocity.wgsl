// RMSprop's momentum: the velocity sums what is normalized already.
//   b ← μ b + g / denominator
//   step = lr b

fn normalizedStep(g: Wide, denominator: Wide, i: u32, h: Hyper) -> Wide {
  let b = h.momentum * velocity[i] + g / denominator;
  velocity[i] = b;
  return h.lr * b;
}
