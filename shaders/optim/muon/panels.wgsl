// Operands through workgroup memory, DEPTH columns of left and rows of right at a time: each is read once a workgroup.

const DEPTH = 16u;
const STRIDE = FOURS + 1u; // Lanes that store along k meet different banks of workgroup memory.

/// [k][i / 4] of left, [k][j / 4] of right.
var<workgroup> leftPanel: array<vec4f, DEPTH * STRIDE>;
var<workgroup> rightPanel: array<vec4f, DEPTH * STRIDE>;

/// Zeros from beyond the last k. Neighbouring lanes read what lies side by side.
fn bring(block: Block, matrix: Matrix, extent: Extent, first: u32, lane: u32) {
  let near = lane % DEPTH;
  for (var far = lane / DEPTH; far < DEPTH; far += LANES / DEPTH) {
    let left = select(vec2u(far, near), vec2u(near, far), isLeftAlongInner(matrix));
    let right = select(vec2u(far, near), vec2u(near, far), isRightAlongInner(matrix));
    var leftValue = vec4f();
    var rightValue = vec4f();
    if (first + left.x < extent.inner) {
      leftValue = leftFour(matrix, extent, block.row + left.y * 4u, first + left.x);
    }
    if (first + right.x < extent.inner) {
      rightValue = rightFour(matrix, extent, first + right.x, block.column + right.y * 4u);
    }
    leftPanel[left.x * STRIDE + left.y] = leftValue;
    rightPanel[right.x * STRIDE + right.y] = rightValue;
  }
  workgroupBarrier();
}

fn leave() {
  workgroupBarrier();
}

fn leftOf(block: Block, matrix: Matrix, extent: Extent, first: u32, k: u32, four: u32) -> vec4f {
  return leftPanel[k * STRIDE + four];
}

fn rightOf(block: Block, matrix: Matrix, extent: Extent, first: u32, k: u32, four: u32) -> vec4f {
  return rightPanel[k * STRIDE + four];
}
