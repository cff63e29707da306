// Rows of any length, one number at a time: a head's row has GROUPS of them. Four rows' numbers are a block.

alias Elements = f32;
alias Block = vec4f;

fn products(value: Elements, rows: Block) -> vec4f {
  return value * rows;
}

fn mix(rows: Block, weights: vec4f) -> Elements {
  return dot(rows, weights);
}

fn product(a: Elements, b: Elements) -> f32 {
  return a * b;
}
