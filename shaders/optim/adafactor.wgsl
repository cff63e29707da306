// Adafactor (Shazeer & Stern 2018, Algorithms 4 to 6; PyTorch's torch.optim.Adafactor): no first moment, and the second
// one of a matrix is two vectors. Shrink, then step.
//   R ← R + t^-0.8 (mean of g² over the columns - R)     rowVar, one number a row
//   C ← C + t^-0.8 (mean of g² over the rows - C)        colVar, one number a column
//   V = R C / mean(R)                                    of tensors of fewer than two sides the moving average of g² itself
//   U = g / √V
//   α = max(ε₂, RMS(p)) min(lr, 1/√t)                    RMS(p) before the decay, lr the paper's 10⁻²
//   p ← p - (lr λ p + α / max(1, RMS(U) / d) · U)
// Departs from the paper as PyTorch does: means and not sums, ε₁ not in g² but where V is taken (mean(R) ≥ ε₁, V ≥ ε₁²),
// and a decay. Of a tensor of more than two sides the last two are the matrices.
// Six dispatches: blocks, lines and means of shaders/optim/factors/, then measure, its totals, and update. V and U are not
// kept but taken again, `accurate` dividing before it multiplies, so that large gradients do not overflow.

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

/// V.
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

/// U.
fn normalized(g: Wide, v: Wide, h: Hyper) -> Wide {
  let root = sqrt(max(v, Wide(h.eps1Squared)));
  if (TORCH) {
    return (1.0 / root) * g;
  }
  return g / root;
}
