// Momentum (Polyak 1964; Sutskever et al. 2013), in PyTorch's form:
//   b ← μ b + (1 - d) g        the first b is g itself
//   u = b, or g + μ b with Nesterov's momentum

@group(1) @binding(0) var<storage, read_write> velocity: array<Wide>;

fn direction(g: Wide, i: u32, h: Hyper) -> Wide {
  let b = h.momentum * velocity[i] + h.gradientShare * g;
  velocity[i] = b;
  if (h.nesterov != 0.0) {
    return g + h.momentum * b;
  }
  return b;
}
