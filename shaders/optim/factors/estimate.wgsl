// Adafactor's estimate V of an element's mean square, and its gradient over the root of that.
//   V = rowVar colVar / max(mean(rowVar), ε₁), or variance
//   U = g / √max(V, ε₁²)
// `accurate` divides before it multiplies, so that large gradients do not overflow; `torch` has PyTorch's order.

struct Hyper {
  decay: f32, // lr λ
  keep: f32, // 1 - lr λ
  oneMinusBeta2: f32, // t^beta2Decay
  beta2: f32,
  rho: f32, // min(lr, 1/√t)
  eps1: f32,
  eps1Squared: f32,
  eps2: f32,
  d: f32,
}

/// Of a tensor of matrices rowVar, colVar and the means of rowVar, each from a multiple of 64; of others variance.
@group(1) @binding(0) var<storage, read_write> packed: array<f32>;

fn padded(count: u32) -> u32 {
  return (count + 63u) & ~63u;
}

fn estimate(at: Place, h: Hyper) -> Wide {
  var v = Wide();
  if (at.columns == 0u) {
    for (var i = 0u; i < WIDTH; i++) {
      v = withElement(v, i, packed[at.pack + at.index + i]);
    }
    return v;
  }
  let colVar = at.pack + padded(at.matrices * at.rows);
  let means = colVar + padded(at.matrices * at.columns);
  var row = at.index / at.columns; // counted over all matrices
  var column = at.index - row * at.columns;
  for (var i = 0u; i < WIDTH; i++) {
    let matrix = row / at.rows;
    let mean = max(packed[means + matrix], h.eps1);
    v = withElement(v, i, product(packed[at.pack + row], packed[colVar + matrix * at.columns + column], mean));
    column += 1u;
    if (column == at.columns) {
      column = 0u;
      row += 1u;
    }
  }
  return v;
}

fn product(r: f32, c: f32, mean: f32) -> f32 {
  if (TORCH) {
    return (r * c) / mean;
  }
  return (r / mean) * c;
}

fn normalized(g: Wide, v: Wide, h: Hyper) -> Wide {
  let root = sqrt(max(v, Wide(h.eps1Squared)));
  if (TORCH) {
    return (1.0 / root) * g;
  }
  return g / root;
}
