// Rows of whole groups of four numbers: a row has WIDTH groups. A body treats a group as it would one number.

alias Elements = vec4f;
const GROUP = 4u;

fn sumOf(values: Elements) -> f32 {
  return (values.x + values.y) + (values.z + values.w);
}

fn largestOf(values: Elements) -> f32 {
  return max(max(values.x, values.y), max(values.z, values.w));
}

fn elementOf(values: Elements, i: u32) -> f32 {
  return values[i];
}

// 1 at the column, if it is in the group, and 0 elsewhere.
fn oneHot(group: u32, column: u32) -> Elements {
  return select(vec4f(), vec4f(1.0), columnsOf(group) == vec4u(column));
}

// The first column of the group that holds the value, or NO_COLUMN.
fn firstColumn(group: u32, values: Elements, value: f32) -> u32 {
  let found = select(vec4u(NO_COLUMN), columnsOf(group), values == vec4f(value));
  return min(min(found.x, found.y), min(found.z, found.w));
}

fn columnsOf(group: u32) -> vec4u {
  return vec4u(0u, 1u, 2u, 3u) + 4u * group;
}
