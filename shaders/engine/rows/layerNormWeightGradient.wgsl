// The gradients of layer norm by its weight and bias, of each block of BLOCK rows on its own:
//   dweight[b, c] = Σᵣ dy[r, c] (x[r, c] - mean[r]) rstd[r] and dbias[b, c] = Σᵣ dy[r, c].
// One lane sums one group of columns of one block; columnSums.wgsl adds up the blocks.

@group(0) @binding(0) var<storage, read> x: array<Elements>; // [rows, columns]
@group(0) @binding(1) var<storage, read> dy: array<Elements>; // [rows, columns]
@group(0) @binding(2) var<storage, read> rstds: array<f32>; // [rows]
@group(0) @binding(3) var<storage, read> means: array<f32>; // [rows]
@group(0) @binding(4) var<storage, read_write> dweight: array<Elements>; // [blocks, columns]
@group(0) @binding(5) var<storage, read_write> dbias: array<Elements>; // [blocks, columns]

fn compute(block: u32, group: u32) {
  var weightSum = Elements();
  var biasSum = Elements();
  let end = endOf(block);
  for (var row = startOf(block); row < end; row++) {
    let at = row * WIDTH + group;
    weightSum += dy[at] * ((x[at] - means[row]) * rstds[row]);
    biasSum += dy[at];
  }
  dweight[block * WIDTH + group] = weightSum;
  dbias[block * WIDTH + group] = biasSum;
}
