// The gradient of a convolution's weight, in SPLITS partial sums, each over rows of positions of its own:
//   dweight[o, c, u, v] = Σ over (batch, i, j) dy[batch, o, i, j] x[batch, c, stride · (i, j) + (u, v) - padding]
// Dumoulin & Visin, "A guide to convolution arithmetic for deep learning" (2016), chapter 4.
// Each lane makes TILE_ROWS channels o of four neighbouring weights (c, u, v), in registers. A partial sum runs in the
// order of rows and positions; the cut into partial sums is a function of the shapes.

override GRID_WIDTH: u32;
override LINES: u32; // rows of positions, of all images
override OUTPUTS: u32;
override OUTPUT_HEIGHT: u32;
override OUTPUT_WIDTH: u32;
override GROUPS: u32;
override CHANNELS: u32; // of a group
override HEIGHT: u32;
override WIDTH: u32;
override WINDOW_HEIGHT: u32;
override WINDOW_WIDTH: u32;
override STRIDE_HEIGHT: u32;
override STRIDE_WIDTH: u32;
override PADDING_HEIGHT: u32;
override PADDING_WIDTH: u32;
override TILE_ROWS: u32; // 1, 4, 8 or 16
override SPLITS: u32;
override SPLIT_LINES: u32; // of them in a partial sum
override PARTIAL: u32; // from a partial sum to the next
const WORKGROUP = 64u;

@group(0) @binding(0) var<storage, read> x: array<f32>; // [batch, GROUPS, CHANNELS, HEIGHT, WIDTH]
@group(0) @binding(1) var<storage, read> dy: array<f32>; // [batch, OUTPUTS, OUTPUT_HEIGHT, OUTPUT_WIDTH]
@group(0) @binding(2) var<storage, read_write> partial: array<f32>; // [SPLITS, PARTIAL]

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let window = WINDOW_HEIGHT * WINDOW_WIDTH;
  let weights = CHANNELS * window; // of one o
  let fours = (weights + 3u) / 4u;
  let groupRows = OUTPUTS / GROUPS;
  let tiles = (groupRows + TILE_ROWS - 1u) / TILE_ROWS;
  let item = (workgroup.y * GRID_WIDTH + workgroup.x) * WORKGROUP + lane;
  let column = item % fours * 4u;
  let row = item / fours % tiles * TILE_ROWS;
  let group = item / (fours * tiles) % GROUPS;
  let split = item / (fours * tiles * GROUPS);
  if (split >= SPLITS) {
    return;
  }
  let k = column + vec4u(0u, 1u, 2u, 3u);
  let channel = min(k / window, vec4u(CHANNELS - 1u)); // what hangs over is not stored
  let u = k % window / WINDOW_WIDTH;
  let v = k % WINDOW_WIDTH;
  let plane = OUTPUT_HEIGHT * OUTPUT_WIDTH;
  let first = group * groupRows + row;
  let end = min((split + 1u) * SPLIT_LINES, LINES);
  var sum0 = mat4x4f();
  var sum1 = mat4x4f();
  var sum2 = mat4x4f();
  var sum3 = mat4x4f();
  for (var line = split * SPLIT_LINES; line < end; line++) {
    let batch = line / OUTPUT_HEIGHT;
    let i = line % OUTPUT_HEIGHT;
    let top = i * STRIDE_HEIGHT + u - PADDING_HEIGHT; // wraps to beyond the side where it is negative
    let isRow = top < vec4u(HEIGHT);
    let origin = (((batch * GROUPS + group) * CHANNELS + channel) * HEIGHT + top) * WIDTH;
    var left = v - PADDING_WIDTH;
    var to = (batch * OUTPUTS + first) * plane + i * OUTPUT_WIDTH;
    for (var j = 0u; j < OUTPUT_WIDTH; j++) {
      let at = origin + left;
      let isInside = isRow & (left < vec4u(WIDTH));
      let pixels = select(vec4f(), vec4f(x[at.x], x[at.y], x[at.z], x[at.w]), isInside);
      if (TILE_ROWS == 1u) {
        sum0[0] += dy[to] * pixels;
      } else {
        sum0 = addProduct(sum0, to, plane, pixels);
      }
      if (TILE_ROWS > 4u) {
        sum1 = addProduct(sum1, to + 4u * plane, plane, pixels);
      }
      if (TILE_ROWS > 8u) {
        sum2 = addProduct(sum2, to + 8u * plane, plane, pixels);
        sum3 = addProduct(sum3, to + 12u * plane, plane, pixels);
      }
      left += STRIDE_WIDTH;
      to++;
    }
  }
  let rest = min(groupRows - row, TILE_ROWS); // a tile that hangs over stores nothing of the next group
  let at = split * PARTIAL + first * weights;
  storeRows(at, column, rest, sum0);
  if (TILE_ROWS > 4u && rest > 4u) {
    storeRows(at + 4u * weights, column, rest - 4u, sum1);
  }
  if (TILE_ROWS > 8u && rest > 8u) {
    storeRows(at + 8u * weights, column, rest - 8u, sum2);
  }
  if (TILE_ROWS > 8u && rest > 12u) {
    storeRows(at + 12u * weights, column, rest - 12u, sum3);
  }
}

// sum + dy · pixels: dy of four channels.
fn addProduct(sum: mat4x4f, at: u32, plane: u32, pixels: vec4f) -> mat4x4f {
  return mat4x4f(
    sum[0] + dy[at] * pixels,
    sum[1] + dy[at + plane] * pixels,
    sum[2] + dy[at + 2u * plane] * pixels,
    sum[3] + dy[at + 3u * plane] * pixels,
  );
}

fn storeRows(at: u32, column: u32, count: u32, sum: mat4x4f) {
  let weights = CHANNELS * WINDOW_HEIGHT * WINDOW_WIDTH;
  storeWeights(at, column, sum[0]);
  if (count > 1u) {
    storeWeights(at + weights, column, sum[1]);
  }
  if (count > 2u) {
    storeWeights(at + 2u * weights, column, sum[2]);
  }
  if (count > 3u) {
    storeWeights(at + 3u * weights, column, sum[3]);
  }
}

fn storeWeights(at: u32, column: u32, sum: vec4f) {
  let weights = CHANNELS * WINDOW_HEIGHT * WINDOW_WIDTH;
  partial[at + column] = sum.x;
  if (column + 1u < weights) { partial[at + column + 1u] = sum.y; }
  if (column + 2u < weights) { partial[at + column + 2u] = sum.z; }
  if (column + 3u < weights) { partial[at + column + 3u] = sum.w; }
}
