// StableAdamW's first pass: the moments, what the mean is of, and of how many elements.

const SUMS = 2u;

fn measure(at: Place, h: Hyper) -> array<Wide, SUMS> {
  let g = gradient(at);
  let now = updateMoments(g, at, h);
  return array<Wide, SUMS>((g * g) / max(now.v, Wide(h.epsSquared)), Wide(1.0));
}
