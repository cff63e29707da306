// Adafactor, fourth pass: Σ U² and Σ p² over each tensor, p before its decay. Of a tensor that is no matrix, whose moving
// average is taken element by element, here as well:
//   variance ← variance + (1 - β₂)(g² - variance)

const SUMS = 2u;

fn measure(at: Place, h: Hyper) -> array<Wide, SUMS> {
  let g = gradient(at);
  if (at.columns == 0u) {
    updateVariance(at, g, h);
  }
  let u = normalized(g, estimate(at, h), h);
  let p = loadParam(at);
  return array<Wide, SUMS>(u * u, p * p);
}

fn updateVariance(at: Place, g: Wide, h: Hyper) {
  let first = at.pack + at.index;
  let now = lerp(estimate(at, h), g * g, h.oneMinusBeta2, h.beta2);
  for (var i = 0u; i < WIDTH; i++) {
    packed[first + i] = elementOf(now, i);
  }
}
