// Rows of any length, one number at a time: a head's row has GROUPS of them. A block is a number of each of four rows.

alias Elements = f32;
alias Block = vec4f;

fn product(a: Elements, b: Elements) -> f32 {
  return a * b;
}

// For each column of weights, the sum of the rows times them.
fn mix(rows: Block, weights: mat4x4f) -> Block {
  return rows * weights;
}

// Elements that four neighbours of a row are.
const PIECES = 4u;

// An element in its place among the four, and zeros.
fn whole(piece: Elements, i: u32) -> vec4f {
  return select(vec4f(), vec4f(piece), vec4u(0u, 1u, 2u, 3u) == vec4u(i));
}

fn pieceOf(four: vec4f, i: u32) -> Elements {
  return four[i];
}
