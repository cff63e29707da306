// The moments of Adam (Kingma & Ba 2015, Algorithm 1):
//   m ← m + (1 - β₁)(g - m)
//   v ← v + (1 - β₂)(g² - v)

@group(1) @binding(0) var<storage, read_write> m: array<Wide>;
@group(1) @binding(1) var<storage, read_write> v: array<Wide>;

struct Moments {
  m: Wide,
  v: Wide,
}

fn updateMoments(g: Wide, i: u32, h: Hyper) -> Moments {
  let mNow = lerp(m[i], g, h.oneMinusBeta1, h.beta1);
  let vNow = secondMoment(v[i], g, h.beta2, h.oneMinusBeta2);
  m[i] = mNow;
  v[i] = vNow;
  return Moments(mNow, vNow);
}
