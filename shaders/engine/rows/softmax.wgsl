// y[r, c] = e^(x[r, c] - m[r]) / s[r], or its logarithm x[r, c] - m[r] - ln s[r] where LOG, with
// m[r] = maxᵢ x[r, i] and s[r] = Σᵢ e^(x[r, i] - m[r]).
// Goodfellow, Bengio & Courville, "Deep Learning" (2016), section 4.1: the largest keeps the exponentials from overflowing.

override LOG: bool;

@group(0) @binding(0) var<storage, read> x: array<Elements>; // [rows, columns]
@group(0) @binding(1) var<storage, read_write> y: array<Elements>; // [rows, columns]

fn compute(row: u32, lane: u32) {
  let start = row * WIDTH;
  var largest = LOWEST;
  for (var at = lane; at < WIDTH; at += LANES) {
    largest = max(largest, largestOf(x[start + at]));
  }
  largest = rowLargest(largest);
  var total = 0.0;
  for (var at = lane; at < WIDTH; at += LANES) {
    let shifted = x[start + at] - largest;
    let power = exponentials(shifted);
    total += sumOf(power);
    y[start + at] = select(power, shifted, LOG);
  }
  total = rowSum(total);
  let lse = logarithm(total);
  for (var at = lane; at < WIDTH; at += LANES) {
    y[start + at] = select(y[start + at] / total, y[start + at] - lse, LOG);
  }
}
