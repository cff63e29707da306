// The gradient of SCALE times the sum of all rows' cross-entropies: dz[r, c] = SCALE (softmax(z)[r, c] - t[r, c]).
// Until the sum of a row's exponentials is known, they wait where its gradient goes.

override SCALE: f32;

@group(0) @binding(4) var<storage, read_write> dlogits: array<Elements>; // [rows, columns]

fn keepPower(at: u32, power: Elements) {
  dlogits[at] = power;
}

fn finish(row: u32, lane: u32, total: f32, label: u32) {
  let start = row * WIDTH;
  let scale = select(0.0, SCALE, label < COLUMNS);
  for (var at = lane; at < WIDTH; at += LANES) {
    let wanted = (1.0 - SMOOTHING) * oneHot(at, label) + SMOOTHING / f32(COLUMNS);
    dlogits[start + at] = scale * (dlogits[start + at] / total - wanted);
  }
}
