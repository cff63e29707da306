// A matmul whose column sums nobody asked for: see `columnSums.wgsl`.

const SUMS_COLUMNS = false;

fn addLines(sum: vec4f, block: mat4x4f) -> vec4f {
  return sum;
}

fn storeColumnSumsWithin(piece: u32, column: u32, sum: vec4f) {}
