// The decay pulls towards zero.

/// What a coupled decay adds to the gradient, λ times.
fn decaying(p: Wide, at: Place) -> Wide {
  return p;
}

/// The decoupled update. `accurate`: one difference, one rounding at p's scale, with decay = lr λ, which keeps decays
/// down to 1e-8 true. `torch`: p (1 - lr λ) first, with keep = 1 - lr λ, whose rounding loses decays below 6e-8.
fn shrinkThenStep(p: Wide, at: Place, decay: f32, keep: f32, step: Wide) -> Wide {
  if (TORCH) {
    return keep * p - step;
  }
  return p - (decay * p + step);
}
