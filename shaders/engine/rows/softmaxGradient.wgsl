// The gradient of y = softmax(x): dx[r, c] = y[r, c] (dy[r, c] - Σᵢ dy[r, i] y[r, i]);
// where LOG, of y = ln softmax(x): dx[r, c] = dy[r, c] - e^y[r, c] Σᵢ dy[r, i].
// From ∂yᵢ/∂xⱼ = yᵢ ([i = j] - yⱼ): Goodfellow, Bengio & Courville, "Deep Learning" (2016), section 6.2.2.3.

override LOG: bool;

@group(0) @binding(0) var<storage, read> y: array<Elements>; // [rows, columns]
@group(0) @binding(1) var<storage, read> dy: array<Elements>; // [rows, columns]
@group(0) @binding(2) var<storage, read_write> dx: array<Elements>; // [rows, columns]

fn compute(row: u32, lane: u32) {
  let start = row * WIDTH;
  var sum = 0.0;
  for (var at = lane; at < WIDTH; at += LANES) {
    sum += sumOf(select(dy[start + at] * y[start + at], dy[start + at], LOG));
  }
  sum = rowSum(sum);
  for (var at = lane; at < WIDTH; at += LANES) {
    let i = start + at;
    if (LOG) {
      dx[i] = dy[i] - exponentials(y[i]) * sum;
    } else {
      dx[i] = y[i] * (dy[i] - sum);
    }
  }
}
