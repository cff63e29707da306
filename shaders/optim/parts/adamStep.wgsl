// The step that Adam's moments make:
//   step = lr / (1 - β₁ᵗ) · m / (√v̂ + ε),   √v̂ = √v / √(1 - β₂ᵗ)

fn adamStep(g: Wide, at: Place, h: Hyper) -> Wide {
  let now = updateMoments(g, at, h);
  let denominator = sqrt(largest(now.v, at.state)) / h.rootBiasCorrection2 + h.eps;
  return (h.stepSize * now.m) / denominator;
}
