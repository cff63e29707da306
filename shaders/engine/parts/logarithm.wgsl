// ln x for normal x > 0: x = 2ⁿ · m with m in [√½, √2), and ln x = n ln 2 + 2 atanh s, s = (m - 1) / (m + 1), by the
// odd series of atanh. Abramowitz & Stegun, "Handbook of Mathematical Functions" (1964), 4.1.27: |s| < 0.172, so the
// term after s⁹ / 9 is below 1e-9 of the sum.
//
// WGSL's own log may be off by 2^-21 near 1, which is all there is of a small loss; this is off by less than one unit where
// division is exact to half a unit.

fn logarithm(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  // The exponent as if the mantissa began at √½.
  let n = (i32(bits) - 0x3f3504f3) >> 23u;
  let m = bitcast<f32>(bits - (bitcast<u32>(n) << 23u));
  let f = m - 1.0; // exact
  let s = f / (2.0 + f);
  let z = s * s;
  let rest = z * (2.0 / 3.0 + z * (2.0 / 5.0 + z * (2.0 / 7.0 + z * (2.0 / 9.0))));
  // ln m = 2 s + s rest = f - s (f - rest)
  return (f - s * (f - rest) + f32(n) * -0.00021219444) + f32(n) * 0.693359375;
}
