// The step that Adam's moments make:
//   step = lr / (1 - β₁ᵗ) · m / (√v̂ + ε),   √v̂ = √v / √(1 - β₂ᵗ)

fn adamStep(g: Wide, i: u32, h: Hyper) -> Wide {
  let now = updateMoments(g, i, h);
  let denominator = sqrt(largest(now.v, i)) / h.rootBiasCorrection2 + h.eps;
  return (h.stepSize * now.m) / denominator;
}
