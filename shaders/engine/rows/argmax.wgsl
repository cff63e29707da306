// best[r]: the column of the largest x[r, c], the first of several; 0 where no number is larger than another.

@group(0) @binding(0) var<storage, read> x: array<Elements>; // [rows, columns]
@group(0) @binding(1) var<storage, read_write> best: array<u32>; // [rows]

fn compute(row: u32, lane: u32) {
  let start = row * WIDTH;
  var largest = LOWEST;
  for (var at = lane; at < WIDTH; at += LANES) {
    largest = max(largest, largestOf(x[start + at]));
  }
  largest = rowLargest(largest);
  var first = NO_COLUMN;
  for (var at = lane; at < WIDTH; at += LANES) {
    first = min(first, firstColumn(at, x[start + at], largest));
  }
  first = rowFirst(first);
  if (lane == 0u) {
    best[row] = select(0u, first, first < COLUMNS);
  }
}
