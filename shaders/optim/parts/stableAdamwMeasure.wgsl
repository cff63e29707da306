// StableAdamW's first pass: the moments, what the mean is of, and of how many elements.

const SUMS = 2u;

fn measure(at: Place, h: Hyper) -> array<Wide, SUMS> {
  let g = gradient(at);
  let vNow = secondMoment(v[at.state], g, h.betaHat2, h.oneMinusBetaHat2);
  m[at.state] = lerp(m[at.state], g, h.oneMinusBetaHat1, h.betaHat1);
  v[at.state] = vNow;
  return array<Wide, SUMS>((g * g) / max(vNow, Wide(h.epsSquared)), Wide(1.0));
}
