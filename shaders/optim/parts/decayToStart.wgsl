// The decay pulls towards where the weights began: L2-SP (Li, Grandvalet & Davoine 2018), for fine-tuning.
//   p ← p - (lr λ (p - p₀) + step)
// p₀ is kept at the first update. PyTorch has no such decay, so both profiles are this.

@group(1) @binding(10) var<storage, read_write> start: array<Wide>;

fn decaying(p: Wide, at: Place) -> Wide {
  let begins = isFirst(at);
  let origin = select(start[at.state], p, begins);
  if (begins) {
    start[at.state] = p;
  }
  return p - origin;
}

fn shrinkThenStep(p: Wide, at: Place, decay: f32, keep: f32, step: Wide) -> Wide {
  return p - (decay * decaying(p, at) + step);
}
