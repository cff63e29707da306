// The gradient of RMS norm by its weight, of each block of BLOCK rows on its own: dweight[b, c] = Σᵣ dy[r, c] x[r, c] rstd[r].
// One lane sums one group of columns of one block; columnSum.wgsl adds up the blocks.

@group(0) @binding(0) var<storage, read> x: array<Elements>; // [rows, columns]
@group(0) @binding(1) var<storage, read> dy: array<Elements>; // [rows, columns]
@group(0) @binding(2) var<storage, read> rstds: array<f32>; // [rows]
@group(0) @binding(3) var<storage, read_write> dweight: array<Elements>; // [blocks, columns]

fn compute(block: u32, group: u32) {
  var sum = Elements();
  let end = endOf(block);
  for (var row = startOf(block); row < end; row++) {
    let at = row * WIDTH + group;
    sum += dy[at] * (x[at] * rstds[row]);
  }
  dweight[block * WIDTH + group] = sum;
}
