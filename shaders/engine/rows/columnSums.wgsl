// The column sums of two matrices of one shape over each block of BLOCK rows: sums[b, c] = Σᵣ values[r, c].
// One lane sums one group of columns of one block.

@group(0) @binding(0) var<storage, read> values0: array<Elements>; // [rows, columns]
@group(0) @binding(1) var<storage, read> values1: array<Elements>; // [rows, columns]
@group(0) @binding(2) var<storage, read_write> sums0: array<Elements>; // [blocks, columns]
@group(0) @binding(3) var<storage, read_write> sums1: array<Elements>; // [blocks, columns]

fn compute(block: u32, group: u32) {
  var sum0 = Elements();
  var sum1 = Elements();
  let end = endOf(block);
  for (var row = startOf(block); row < end; row++) {
    sum0 += values0[row * WIDTH + group];
    sum1 += values1[row * WIDTH + group];
  }
  sums0[block * WIDTH + group] = sum0;
  sums1[block * WIDTH + group] = sum1;
}
