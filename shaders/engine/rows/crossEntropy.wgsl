// The cross-entropy of each row's softmax with its target t, in nats, and the logarithm of the sum of exponentials:
//   loss[r] = -Σ꜀ t[r, c] (z[r, c] - lse[r]),  lse[r] = ln Σ꜀ e^z[r, c],  t[r, c] = (1 - σ) [c = label[r]] + σ / C
// with the label smoothing σ of Szegedy et al., "Rethinking the Inception Architecture" (2015),
// https://arxiv.org/abs/1512.00567, section 7. As PyTorch's with `reduction="none"`; a row whose label is not below C has
// the loss 0, as one with its `ignore_index`. All is computed of z - max z, so that nothing overflows.

override SMOOTHING: f32;

@group(0) @binding(0) var<storage, read> logits: array<Elements>; // [rows, columns]
@group(0) @binding(1) var<storage, read> labels: array<u32>; // [rows]
@group(0) @binding(2) var<storage, read_write> losses: array<f32>; // [rows]
@group(0) @binding(3) var<storage, read_write> lses: array<f32>; // [rows]

fn compute(row: u32, lane: u32) {
  let start = row * WIDTH;
  var largest = LOWEST;
  for (var at = lane; at < WIDTH; at += LANES) {
    largest = max(largest, largestOf(logits[start + at]));
  }
  largest = rowLargest(largest);
  var total = 0.0;
  var shiftedTotal = 0.0;
  for (var at = lane; at < WIDTH; at += LANES) {
    let shifted = logits[start + at] - largest;
    let power = exponentials(shifted);
    total += sumOf(power);
    shiftedTotal += sumOf(shifted);
    keepPower(start + at, power);
  }
  total = rowSum(total);
  shiftedTotal = rowSum(shiftedTotal);
  let label = labels[row];
  let isCounted = label < COLUMNS;
  if (lane == 0u) {
    let log = logarithm(total);
    let known = select(0u, label, isCounted);
    let shiftedLogit = elementOf(logits[start + known / GROUP], known % GROUP) - largest;
    let loss = log - (1.0 - SMOOTHING) * shiftedLogit - SMOOTHING * (shiftedTotal / f32(COLUMNS));
    losses[row] = select(0.0, loss, isCounted);
    lses[row] = largest + log;
  }
  finish(row, lane, total, label);
}
