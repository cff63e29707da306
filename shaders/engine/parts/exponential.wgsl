// e^x for x ≤ 0 by Cody & Waite's reduction: x = n ln 2 + r, |r| ≤ ln 2 / 2, and e^x = 2ⁿ · (Taylor polynomial of eʳ).
// Cody & Waite, "Software Manual for the Elementary Functions" (1980), chapter 6. Below -87 it is 0.
//
// WGSL's own exp may be off by 3 + 2|x| units in the last place, differently on each device. This is off by one or two,
// and where float32 is IEEE's, without fused multiply-adds, the CPU reference has the same bits.

fn exponential(x: f32) -> f32 {
  let n = floor(x * 1.4426950408889634 + 0.5);
  let r = (x - n * 0.693359375) - n * -0.00021219444; // ln 2 in two parts, n times the first is exact
  var sum = r * (1.0 / 5040.0) + (1.0 / 720.0);
  sum = sum * r + (1.0 / 120.0);
  sum = sum * r + (1.0 / 24.0);
  sum = sum * r + (1.0 / 6.0);
  sum = sum * r + 0.5;
  sum = sum * r + 1.0;
  sum = sum * r + 1.0;
  let power = bitcast<f32>(u32(i32(n) + 127) << 23u);
  return select(sum * power, 0.0, x < -87.0);
}
