// LAMB's first pass: the moments, and the squares of the two norms.

const SUMS = 2u;

fn measure(at: Place, h: Hyper) -> array<Wide, SUMS> {
  let p = loadParam(at);
  let u = direction(updateMoments(gradient(at), at, h), p, at, h);
  return array<Wide, SUMS>(p * p, u * u);
}
