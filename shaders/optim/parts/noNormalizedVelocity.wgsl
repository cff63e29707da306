// No momentum: the normalized gradient, scaled first, as PyTorch does.

fn normalizedStep(g: Wide, denominator: Wide, i: u32, h: Hyper) -> Wide {
  return (h.lr * g) / denominator;
}
