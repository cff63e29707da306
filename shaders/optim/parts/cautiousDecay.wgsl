// Cautious weight decay (Chen et al. 2025): only where step and decay pull the same way, or one of them not at all.
//   p ← p - (lr λ [step · p ≥ 0] p + step)
// A weight whose step is zero decays. PyTorch has no such decay: there is no torch profile of it.

fn decaying(p: Wide, at: Place) -> Wide {
  return p;
}

fn shrinkThenStep(p: Wide, at: Place, decay: f32, keep: f32, step: Wide) -> Wide {
  let agrees = sign(step) * sign(p) >= Wide();
  return p - (select(Wide(), decay * p, agrees) + step);
}
