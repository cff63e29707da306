// Rows of any length, one number at a time: a row has WIDTH of them.

alias Elements = f32;
const GROUP = 1u;

fn sumOf(value: Elements) -> f32 {
  return value;
}

fn largestOf(value: Elements) -> f32 {
  return value;
}

fn elementOf(value: Elements, i: u32) -> f32 {
  return value;
}

// 1 at the column, and 0 elsewhere.
fn oneHot(group: u32, column: u32) -> Elements {
  return select(0.0, 1.0, group == column);
}

// The column if it holds the value, or NO_COLUMN.
fn firstColumn(group: u32, held: Elements, value: f32) -> u32 {
  return select(NO_COLUMN, group, held == value);
}

fn exponentials(x: Elements) -> Elements {
  return exponential(x);
}
