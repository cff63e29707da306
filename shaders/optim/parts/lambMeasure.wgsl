// LAMB's first pass: the moments, and the squares of the two norms.

const SUMS = 2u;

fn measure(at: Place, h: Hyper) -> array<Wide, SUMS> {
  let p = loadParam(at);
  let g = gradient(at);
  let mNow = lerp(m[at.state], g, h.oneMinusBeta1, h.beta1);
  let vNow = secondMoment(v[at.state], g, h.beta2, h.oneMinusBeta2);
  m[at.state] = mNow;
  v[at.state] = vNow;
  let u = direction(mNow, vNow, p, at, h);
  return array<Wide, SUMS>(p * p, u * u);
}
