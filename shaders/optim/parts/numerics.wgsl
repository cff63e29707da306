// The two numeric profiles. `accurate` (default) rounds once where it matters; `torch` follows PyTorch's order.

override TORCH: bool = false;

/// a + w (b - a), exact at both ends, as PyTorch's lerp; `rest` is 1 - w, rounded once on the host.
fn lerp(a: Wide, b: Wide, w: f32, rest: f32) -> Wide {
  let isNear = w < 0.5;
  return select(b, a, isNear) + select(-rest, w, isNear) * (b - a);
}

/// The moving average of g². `accurate` takes the lerp: PyTorch's form rounds beta2 and 1 - beta2 apart, and their sum
/// is not 1 then, which biases v by up to 1.3e-5.
fn secondMoment(v: Wide, g: Wide, beta2: f32, oneMinusBeta2: f32) -> Wide {
  if (TORCH) {
    return beta2 * v + (oneMinusBeta2 * g) * g;
  }
  return lerp(v, g * g, oneMinusBeta2, beta2);
}
