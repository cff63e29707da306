// Rows of whole groups of four numbers: a head's row has GROUPS of them. A block is a group of each of four rows.

alias Elements = vec4f;
alias Block = mat4x4f;

fn product(a: Elements, b: Elements) -> f32 {
  return dot(a, b);
}

// For each column of weights, the sum of the rows times them.
fn mix(rows: Block, weights: mat4x4f) -> Block {
  return Block(rows * weights[0], rows * weights[1], rows * weights[2], rows * weights[3]);
}

// Elements that four neighbours of a row are.
const PIECES = 1u;

fn whole(piece: Elements, i: u32) -> vec4f {
  return piece;
}

fn pieceOf(four: vec4f, i: u32) -> Elements {
  return four;
}
