// The operands as 4 × 4 blocks. In memory left is [rows, inner], or transposed [inner, rows]; right is [inner, columns],
// or transposed [columns, inner]. What a block has beyond the edge of its matrix is whatever lies there in memory, or
// what WebGPU gives outside of a binding: beyond ROWS and COLUMNS nothing of it is stored, beyond INNER it is made zero.

override LEFT_OFFSET: u32;
override LEFT_BATCH_STRIDE: u32;
override LEFT_LINE_STRIDE: u32;
override LEFT_IS_TRANSPOSED: bool;
override RIGHT_OFFSET: u32;
override RIGHT_BATCH_STRIDE: u32;
override RIGHT_LINE_STRIDE: u32;
override RIGHT_IS_TRANSPOSED: bool;

// Line i of the block is left(row + i, k … k + 3).
fn leftBlock(piece: u32, row: u32, k: u32) -> mat4x4f {
  if (LEFT_IS_TRANSPOSED) {
    return leftInside(transpose(linesOfLeft(piece, k, row)), k);
  }
  return leftInside(linesOfLeft(piece, row, k), k);
}

// Line i of the block is right(k + i, column … column + 3).
fn rightBlock(piece: u32, k: u32, column: u32) -> mat4x4f {
  if (RIGHT_IS_TRANSPOSED) {
    return rightInside(transpose(linesOfRight(piece, column, k)), k);
  }
  return rightInside(linesOfRight(piece, k, column), k);
}

fn leftInside(block: mat4x4f, k: u32) -> mat4x4f {
  if (INNER % 4u == 0u) {
    return block;
  }
  let isInside = fourFrom(k) < vec4u(INNER);
  return mat4x4f(
    select(vec4f(), block[0], isInside),
    select(vec4f(), block[1], isInside),
    select(vec4f(), block[2], isInside),
    select(vec4f(), block[3], isInside),
  );
}

fn rightInside(block: mat4x4f, k: u32) -> mat4x4f {
  if (INNER % 4u == 0u) {
    return block;
  }
  return mat4x4f(
    select(vec4f(), block[0], k < INNER),
    select(vec4f(), block[1], k + 1u < INNER),
    select(vec4f(), block[2], k + 2u < INNER),
    select(vec4f(), block[3], k + 3u < INNER),
  );
}

// sum + left · right, one product at a time in the order of k.
fn addProduct(sum: mat4x4f, left: mat4x4f, right: mat4x4f) -> mat4x4f {
  return mat4x4f(
    sum[0] + left[0].x * right[0] + left[0].y * right[1] + left[0].z * right[2] + left[0].w * right[3],
    sum[1] + left[1].x * right[0] + left[1].y * right[1] + left[1].z * right[2] + left[1].w * right[3],
    sum[2] + left[2].x * right[0] + left[2].y * right[1] + left[2].z * right[2] + left[2].w * right[3],
    sum[3] + left[3].x * right[0] + left[3].y * right[1] + left[3].z * right[2] + left[3].w * right[3],
  );
}

// Four lines in memory, four elements of each.
fn linesOfLeft(piece: u32, line: u32, first: u32) -> mat4x4f {
  let at = placeInLeft(piece, line, first);
  return mat4x4f(
    loadLeft(at),
    loadLeft(at + LEFT_LINE_STRIDE),
    loadLeft(at + 2u * LEFT_LINE_STRIDE),
    loadLeft(at + 3u * LEFT_LINE_STRIDE),
  );
}

fn linesOfRight(piece: u32, line: u32, first: u32) -> mat4x4f {
  let at = placeInRight(piece, line, first);
  return mat4x4f(
    loadRight(at),
    loadRight(at + RIGHT_LINE_STRIDE),
    loadRight(at + 2u * RIGHT_LINE_STRIDE),
    loadRight(at + 3u * RIGHT_LINE_STRIDE),
  );
}

fn placeInLeft(piece: u32, line: u32, first: u32) -> u32 {
  return LEFT_OFFSET + piece % BATCH * LEFT_BATCH_STRIDE + line * LEFT_LINE_STRIDE + first;
}

fn placeInRight(piece: u32, line: u32, first: u32) -> u32 {
  return RIGHT_OFFSET + piece % BATCH * RIGHT_BATCH_STRIDE + line * RIGHT_LINE_STRIDE + first;
}
