// The gradient's variance, v - gAvg² (Graves 2013). Rounding may make it negative where the gradient hardly changes, and
// PyTorch's root of that is NaN: here it is 0, and the denominator ε.

@group(1) @binding(1) var<storage, read_write> gAvg: array<Wide>;

fn variance(vNow: Wide, g: Wide, i: u32, h: Hyper) -> Wide {
  let gAvgNow = lerp(gAvg[i], g, h.oneMinusAlpha, h.alpha);
  gAvg[i] = gAvgNow;
  return max(vNow - gAvgNow * gAvgNow, Wide());
}
