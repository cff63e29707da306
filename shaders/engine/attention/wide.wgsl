// Rows of whole groups of four numbers: a head's row has GROUPS of them. Four rows' groups are a block.

alias Elements = vec4f;
alias Block = mat4x4f;

// The products with each of the four rows, summed over the group.
fn products(values: Elements, rows: Block) -> vec4f {
  return values * rows;
}

// The sum of the four rows' groups, each times its weight.
fn mix(rows: Block, weights: vec4f) -> Elements {
  return rows * weights;
}

fn product(a: Elements, b: Elements) -> f32 {
  return dot(a, b);
}
