// Moments that are kept in 8 bits share a scale with the other elements of their block, 256 of them as in "8-bit Optimizers
// via Block-wise Quantization" (Dettmers et al. 2022). The step is made of the moments as they are in float32 before they are
// narrowed, as there. All lanes of a workgroup come to `storeBlocks` together: the scale is known when the last one has been.
//
// Departures, with what they are for (figures in bench/REJECTED.md):
// - The codes are small floats, decoded and encoded by shifts, where the paper has a table of 256 and a search in it; and the
//   scales are powers of two. So there is no rounding but that of the code, and every GPU finds the same one.
// - They are rounded stochastically, not to the nearest: v moves by 0.1 % a step towards g², its codes lie 6 to 12 % apart, and to
//   the nearest it would stay where it is, or follow only the largest gradients.
// - v covers 2^33 and is never rounded to zero. The paper's code for v ends at 3e-7 of the block's largest, and where v becomes
//   zero and m does not, the step explodes.
// - Tensors of fewer than 4,096 elements are kept in 8 bits like all others.

const BLOCK_LANES = 64u;
/// Of a workgroup.
const MOST_BLOCKS = 4u;

fn blockOf(at: Place) -> u32 {
  return (at.index / BLOCK) % MOST_BLOCKS;
}

fn beginsBlock(at: Place) -> bool {
  return at.index % BLOCK == 0u;
}
