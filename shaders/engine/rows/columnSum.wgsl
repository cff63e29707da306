// sums[b, c] = Σᵣ values[r, c] over each block of BLOCK rows; one lane sums one group of columns of one block.

@group(0) @binding(0) var<storage, read> values: array<Elements>; // [rows, columns]
@group(0) @binding(1) var<storage, read_write> sums: array<Elements>; // [blocks, columns]

fn compute(block: u32, group: u32) {
  var sum = Elements();
  let end = endOf(block);
  for (var row = startOf(block); row < end; row++) {
    sum += values[row * WIDTH + group];
  }
  sums[block * WIDTH + group] = sum;
}
