// The moments of Adam (Kingma & Ba 2015, Algorithm 1):
//   m ← m + (1 - β₁)(g - m)
//   v ← v + (1 - β₂)(g² - v)
// How they are kept is another part's business: mFloat32.wgsl, vFloat32.wgsl and their likes.

struct Moments {
  m: Wide,
  v: Wide,
}

fn updateMoments(g: Wide, at: Place, h: Hyper) -> Moments {
  let mNow = lerp(loadM(at), g, h.oneMinusBeta1, h.beta1);
  let vNow = secondMoment(loadV(at), g, h.beta2, h.oneMinusBeta2);
  storeM(at, mNow);
  storeV(at, vNow);
  return Moments(mNow, vNow);
}
