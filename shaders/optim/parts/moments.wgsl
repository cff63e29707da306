// The moments of Adam (Kingma & Ba 2015, Algorithm 1) and the step that they make:
//   m ← m + (1 - β₁)(g - m)
//   v ← v + (1 - β₂)(g² - v)
//   step = lr / (1 - β₁ᵗ) · m / (√v̂ + ε),   √v̂ = √v / √(1 - β₂ᵗ)

@group(1) @binding(0) var<storage, read_write> m: array<Wide>;
@group(1) @binding(1) var<storage, read_write> v: array<Wide>;

fn adamStep(g: Wide, i: u32, h: Hyper) -> Wide {
  let mNow = lerp(m[i], g, h.oneMinusBeta1, h.beta1);
  let vNow = secondMoment(v[i], g, h.beta2, h.oneMinusBeta2);
  m[i] = mNow;
  v[i] = vNow;
  let denominator = sqrt(largest(vNow, i)) / h.rootBiasCorrection2 + h.eps;
  return (h.stepSize * mNow) / denominator;
}
