// StableAdamW's second pass: AdamW's step, once the learning rate of the tensor is known.

fn update(at: Place, h: Hyper) {
  let clip = max(1.0, sqrt(total(at, 0u) / total(at, 1u)));
  let rate = h.lr / clip;
  let step = (rate * m[at.state]) / (sqrt(v[at.state]) + h.eps);
  // Only `torch` takes the second: the host cannot round 1 - lrₜ λ, which it does not know.
  storeParam(at, shrinkThenStep(loadParam(at), at, h.decay / clip, 1.0 - h.weightDecay * rate, step));
}
