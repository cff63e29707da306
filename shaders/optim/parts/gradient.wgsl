// The gradient to descend along.

override CLIP_VALUE: f32 = 0.0; // 0 for no limit
override ZERO_GRAD: bool = false;

/// Unscaled and clipped where that was asked for, and turned round to maximize.
fn gradient(at: Place) -> Wide {
  let g = loadGradient(at);
  if (CLIP_VALUE > 0.0) {
    return at.general.ascent * clamp(factor() * g, Wide(-CLIP_VALUE), Wide(CLIP_VALUE));
  }
  return (at.general.ascent * factor()) * g;
}

fn loadGradient(at: Place) -> Wide {
  let g = readGrad(at.grad, at.count);
  zeroGradient(at);
  return g;
}

fn zeroGradient(at: Place) {
  if (ZERO_GRAD) {
    clearGrad(at.grad, at.count);
  }
}
