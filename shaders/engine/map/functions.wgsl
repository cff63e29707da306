// The functions of one element that WGSL lacks, or has with an error that depends on the device, for four elements at a time.
// Units in the last place by which they were off over all of float32, with IEEE's arithmetic: exponentials 1.1, logarithm 1.7,
// logistic 1.9, hyperbolicTangent 2.1, softplus 2.3, silu 2.6, gelu 5.7; of geluTanh 4, and as many as the exponent 2u is
// off by, 4 |2u|. Gradients 5, and beside that of 1 where they pass through 0. A number below 2^-126 may be taken for 0.
// What is too large for float32 overflows, to infinity by IEEE's arithmetic; WGSL itself promises nothing there.

// e^x by Cody & Waite's reduction, as in parts/exponential.wgsl: x = n ln 2 + r. Above 88.7 it overflows.
// Cody & Waite, "Software Manual for the Elementary Functions" (1980), chapter 6.
fn exponentials(x: vec4f) -> vec4f {
  return exponentialsOfSum(x, vec4f());
}

// e^(x + rest), where x + rest would lose digits. |rest| is at most 2.
fn exponentialsOfSum(x: vec4f, rest: vec4f) -> vec4f {
  let bounded = clamp(x, vec4f(-110.0), vec4f(90.0));
  let n = floor((bounded + rest) * 1.4426950408889634 + 0.5);
  let r = (bounded - n * 0.693359375) + (rest - n * -0.00021219444);
  var sum = r * (1.0 / 5040.0) + (1.0 / 720.0);
  sum = sum * r + (1.0 / 120.0);
  sum = sum * r + (1.0 / 24.0);
  sum = sum * r + (1.0 / 6.0);
  sum = sum * r + 0.5;
  sum = sum * r + 1.0;
  sum = sum * r + 1.0;
  // In two steps, since 2^128 and 2^-127 are no numbers: the second may overflow or underflow as it should.
  let half = vec4i(n) >> vec4u(1u);
  return sum * powersOfTwo(half) * powersOfTwo(vec4i(n) - half);
}

fn powersOfTwo(n: vec4i) -> vec4f {
  return bitcast<vec4f>((n + 127) << vec4u(23u));
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

// log x = k ln 2 + log m, with m in [sqrt(1/2), sqrt(2)) and x = 2^k m. By the bits, since a device may take what is below
// 2^-126 for zero and take it that nothing is infinite: -infinity of 0, NaN of what is below, and x where it is no number.
fn logarithm(x: vec4f) -> vec4f {
  let code = bitcast<vec4u>(x);
  let isSubnormal = code < vec4u(0x00800000u);
  let bits = select(code, bitcast<vec4u>(vec4f(code)), isSubnormal) - vec4u(0x3f3504f3u);
  let k = vec4f(bitcast<vec4i>(bits) >> vec4u(23u)) - select(vec4f(), vec4f(149.0), isSubnormal);
  let m = bitcast<vec4f>((bits & vec4u(0x007fffffu)) + vec4u(0x3f3504f3u));
  let f = m - 1.0;
  let positive = k * 0.693359375 + (k * -0.00021219444 + logarithmOfRatio(f / (2.0 + f)));
  let isPositive = code - vec4u(1u) < vec4u(0x7f7fffffu);
  let isZero = (code & vec4u(0x7fffffffu)) == vec4u();
  let isNegative = code > vec4u(0x80000000u);
  let other = select(select(code, vec4u(0x7fc00000u), isNegative), vec4u(0xff800000u), isZero);
  return select(bitcast<vec4f>(other), positive, isPositive);
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
  let u = exponentials(-2.0 * min(abs(x), vec4f(50.0)));
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
  let t = 1.0 / (1.0 + 0.35355339059327376 * abs(x));
  var sum = t * 0.17087277 - 0.82215223;
  sum = sum * t + 1.48851587;
  sum = sum * t - 1.13520398;
  sum = sum * t + 0.27886807;
  sum = sum * t - 0.18628806;
  sum = sum * t + 0.09678418;
  sum = sum * t + 0.37409196;
  sum = sum * t + 1.00002368;
  sum = sum * t - 1.26551223;
  let tail = 0.5 * t * bell(x, sum);
  return select(1.0 - tail, tail, x < vec4f());
}

// e^(rest - x² / 2), of which x² loses no digits: that of its first 12 is exact.
fn bell(x: vec4f, rest: vec4f) -> vec4f {
  let bounded = min(abs(x), vec4f(16.0));
  let first = bitcast<vec4f>(bitcast<vec4u>(bounded) & vec4u(0xfffff000u));
  return exponentialsOfSum(-0.5 * first * first, rest - 0.5 * (bounded - first) * (bounded + first));
}

fn gelu(x: vec4f) -> vec4f {
  return x * normal(x);
}

// Φ(x) + x φ(x), φ being the density.
fn geluGradient(x: vec4f, dy: vec4f) -> vec4f {
  return dy * (normal(x) + x * bell(x, vec4f()) * 0.3989422804014327);
}

// x (1 + tanh u) / 2 = x σ(2u) with u = sqrt(2/π) (x + 0.044715 x³)
fn geluTanh(x: vec4f) -> vec4f {
  return x * geluTanhShare(x);
}

fn geluTanhGradient(x: vec4f, dy: vec4f) -> vec4f {
  let s = geluTanhShare(x);
  let bounded = clamp(x, vec4f(-16.0), vec4f(16.0));
  let slope = 1.5957691216057308 * (1.0 + 0.134145 * bounded * bounded);
  return dy * (s + bounded * slope * s * geluTanhShare(-x));
}

// σ(2u), which is 0 or 1 long before x = ±16.
fn geluTanhShare(x: vec4f) -> vec4f {
  let bounded = clamp(x, vec4f(-16.0), vec4f(16.0));
  return logistic(1.5957691216057308 * (bounded + 0.044715 * bounded * bounded * bounded));
}

fn silu(x: vec4f) -> vec4f {
  return x * logistic(x);
}

fn siluGradient(x: vec4f, dy: vec4f) -> vec4f {
  return dy * logistic(x) * (1.0 + x * logistic(-x));
}

fn relu(x: vec4f) -> vec4f {
  return max(x, vec4f());
}

fn reluGradient(y: vec4f, dy: vec4f) -> vec4f {
  return select(vec4f(), dy, y > vec4f());
}

fn tanhGradient(y: vec4f, dy: vec4f) -> vec4f {
  return dy * (1.0 - y) * (1.0 + y);
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
