// The functions of one element that WGSL lacks, or has with an error that depends on the device, for four elements at a time.
// Within a few units in the last place, but for gelu and its gradient, which are within 3e-7 |x| and 3e-7.

// e^x by Cody & Waite's reduction, as in parts/exponential.wgsl: x = n ln 2 + r. 0 below -87; from 88 on e^88.
// Cody & Waite, "Software Manual for the Elementary Functions" (1980), chapter 6.
fn exponentials(x: vec4f) -> vec4f {
  let bounded = clamp(x, vec4f(-87.0), vec4f(88.0));
  let n = floor(bounded * 1.4426950408889634 + 0.5);
  let r = (bounded - n * 0.693359375) - n * -0.00021219444;
  var sum = r * (1.0 / 5040.0) + (1.0 / 720.0);
  sum = sum * r + (1.0 / 120.0);
  sum = sum * r + (1.0 / 24.0);
  sum = sum * r + (1.0 / 6.0);
  sum = sum * r + 0.5;
  sum = sum * r + 1.0;
  sum = sum * r + 1.0;
  let power = bitcast<vec4f>(vec4u(vec4i(n) + 127) << vec4u(23u));
  return select(sum * power, vec4f(), x < vec4f(-87.0));
}

// 2 artanh(s) = log((1 + s) / (1 - s)), for |s| up to 0.34.
fn logarithmOfRatio(s: vec4f) -> vec4f {
  let z = s * s;
  var sum = z * (2.0 / 15.0) + (2.0 / 13.0);
  sum = sum * z + (2.0 / 11.0);
  sum = sum * z + (2.0 / 9.0);
  sum = sum * z + (2.0 / 7.0);
  sum = sum * z + (2.0 / 5.0);
  sum = sum * z + (2.0 / 3.0);
  return s * 2.0 + s * z * sum;
}

// log x = k ln 2 + log m, with m in [sqrt(1/2), sqrt(2)) and x = 2^k m.
fn logarithm(x: vec4f) -> vec4f {
  let bits = bitcast<vec4u>(x) - vec4u(0x3f3504f3u);
  let k = vec4f(bitcast<vec4i>(bits) >> vec4u(23u));
  let m = bitcast<vec4f>((bits & vec4u(0x007fffffu)) + vec4u(0x3f3504f3u));
  let f = m - 1.0;
  let positive = k * 0.693359375 + (k * -0.00021219444 + logarithmOfRatio(f / (2.0 + f)));
  return select(positive, log(x), x <= vec4f());
}

// log(1 + e^x) = max(x, 0) + log(1 + u), u = e^-|x|
fn softplus(x: vec4f) -> vec4f {
  let u = exponentials(-abs(x));
  return max(x, vec4f()) + logarithmOfRatio(u / (2.0 + u));
}

// 1 / (1 + e^-x)
fn logistic(x: vec4f) -> vec4f {
  let u = exponentials(-abs(x));
  return select(vec4f(1.0), u, x < vec4f()) / (1.0 + u);
}

// (1 - u) / (1 + u) with u = e^-2|x|; where that would cancel, Taylor's polynomial.
fn hyperbolicTangent(x: vec4f) -> vec4f {
  let u = exponentials(-2.0 * abs(x));
  let z = x * x;
  var near = z * (-1382.0 / 155925.0) + (62.0 / 2835.0);
  near = near * z + (-17.0 / 315.0);
  near = near * z + (2.0 / 15.0);
  near = near * z + (-1.0 / 3.0);
  return select(sign(x) * (1.0 - u) / (1.0 + u), x + x * z * near, abs(x) < vec4f(0.35));
}

// The standard normal distribution Φ(x) = erfc(-x / sqrt(2)) / 2.
// erfc: Press et al., "Numerical Recipes in C" (2nd edition, 1992), section 6.2, within 1.2e-7 of itself.
fn normal(x: vec4f) -> vec4f {
  let z = abs(x) * 0.70710678118654752;
  let t = 1.0 / (1.0 + 0.5 * z);
  var sum = t * 0.17087277 - 0.82215223;
  sum = sum * t + 1.48851587;
  sum = sum * t - 1.13520398;
  sum = sum * t + 0.27886807;
  sum = sum * t - 0.18628806;
  sum = sum * t + 0.09678418;
  sum = sum * t + 0.37409196;
  sum = sum * t + 1.00002368;
  sum = sum * t - 1.26551223;
  let tail = 0.5 * t * exponentials(sum - z * z);
  return select(1.0 - tail, tail, x < vec4f());
}

fn gelu(x: vec4f) -> vec4f {
  return x * normal(x);
}

// Φ(x) + x φ(x), φ being the density.
fn geluGradient(x: vec4f, dy: vec4f) -> vec4f {
  return dy * (normal(x) + x * exponentials(-0.5 * x * x) * 0.3989422804014327);
}

// x (1 + tanh u) / 2 = x σ(2u) with u = sqrt(2/π) (x + 0.044715 x³)
fn geluTanh(x: vec4f) -> vec4f {
  return x * logistic(1.5957691216057308 * (x + 0.044715 * x * x * x));
}

fn geluTanhGradient(x: vec4f, dy: vec4f) -> vec4f {
  let s = logistic(1.5957691216057308 * (x + 0.044715 * x * x * x));
  return dy * (s + x * s * (1.0 - s) * 1.5957691216057308 * (1.0 + 0.134145 * x * x));
}

fn silu(x: vec4f) -> vec4f {
  return x * logistic(x);
}

fn siluGradient(x: vec4f, dy: vec4f) -> vec4f {
  let s = logistic(x);
  return dy * s * (1.0 + x * (1.0 - s));
}

fn relu(x: vec4f) -> vec4f {
  return max(x, vec4f());
}

fn reluGradient(y: vec4f, dy: vec4f) -> vec4f {
  return select(vec4f(), dy, y > vec4f());
}

fn tanhGradient(y: vec4f, dy: vec4f) -> vec4f {
  return dy * (1.0 - y * y);
}

fn sigmoidGradient(y: vec4f, dy: vec4f) -> vec4f {
  return dy * y * (1.0 - y);
}

fn isLess(a: vec4f, b: vec4f) -> vec4f {
  return select(vec4f(), vec4f(1.0), a < b);
}

fn isEqual(a: vec4f, b: vec4f) -> vec4f {
  return select(vec4f(), vec4f(1.0), a == b);
}

// Where the condition is not 0 the one, else the other.
fn choose(condition: vec4f, yes: vec4f, no: vec4f) -> vec4f {
  return select(no, yes, condition != vec4f());
}
