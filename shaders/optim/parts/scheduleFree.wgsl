// Schedule-free learning (Defazio et al. 2024). The parameter is y, where gradients are taken; the steps along u go to z,
// which begins as y; and x, the average of all z, is what to evaluate with.
//   z ← z - lr (u + λ y)
//   x ← (1 - c) x + c z
//   y ← (1 - β) z + β x
// x is kept in y. Without it, and with z before its step: y ← y + c (z - y) - lr (1 - β (1 - c)) (u + λ y).

@group(1) @binding(0) var<storage, read_write> z: array<Wide>;

struct Points {
  y: Wide,
  z: Wide,
}

fn scheduleFreeStep(at: Place, u: Wide, h: Hyper) {
  let y = loadParam(at);
  let now = stepped(Points(y, select(z[at.state], y, isFirst(at))), u, decaying(y, at), h);
  z[at.state] = now.z;
  storeParam(at, now.y);
}

/// `accurate`: one difference for each point, one rounding at its scale. `torch`: the order of the authors' package.
fn stepped(before: Points, u: Wide, decays: Wide, h: Hyper) -> Points {
  let y = before.y;
  let z = before.z;
  if (TORCH) {
    let step = u + h.weightDecay * decays;
    return Points(lerp(y, z, h.share, h.rest) - h.stepSizeAtY * step, z - h.stepSize * step);
  }
  return Points(
    y - (h.decayAtY * decays + (h.share * (y - z) + h.stepSizeAtY * u)),
    z - (h.decay * decays + h.stepSize * u),
  );
}
