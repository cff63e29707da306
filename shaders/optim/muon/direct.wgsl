// Operands from where they lie. For software adapters, which have no memory that is nearer, and where a barrier is dear.

const DEPTH = 1u;

fn bring(block: Block, matrix: Matrix, extent: Extent, first: u32, lane: u32) {}

fn leave() {}

fn leftOf(block: Block, matrix: Matrix, extent: Extent, first: u32, k: u32, four: u32) -> vec4f {
  return leftFour(matrix, extent, block.row + four * 4u, first + k);
}

fn rightOf(block: Block, matrix: Matrix, extent: Extent, first: u32, k: u32, four: u32) -> vec4f {
  return rightFour(matrix, extent, first + k, block.column + four * 4u);
}
