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
