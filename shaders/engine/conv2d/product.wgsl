// The body of a convolution and of its input's gradient: a matmul whose right operand, the patches of an image, is never
// in memory. Each lane makes TILE_ROWS channels of four neighbouring positions, in registers.
//   product[b, row, position] = Σ over (tap, channel) weight(row, channel, tap) image(b, channel, place of position and tap)
// Chetlur et al., "cuDNN: Efficient Primitives for Deep Learning" (2014), section 3 (implicit im2col).
// A file with `reach` says which place of the image a tap of the window meets at a position; one with `store` where
// products go. Taps are the outer loops, so places are worked out once for all channels of a group.
// Every element is summed one product at a time in an order of its own, so its bits do not depend on tile or grid.

override GRID_WIDTH: u32;
override BATCH: u32;
override ROWS: u32; // channels of the product
override COLUMNS: u32; // positions of a plane of the product
override INNER: u32; // products that an element is the sum of: taps of the window times channels of a group
override PLANE_WIDTH: u32; // how many of them are a row
override GROUPS: u32;
override TILE_ROWS: u32; // 1, 4, 8 or 16
override WINDOW_HEIGHT: u32;
override WINDOW_WIDTH: u32;
override STRIDE_HEIGHT: u32;
override STRIDE_WIDTH: u32;
override PADDING_HEIGHT: u32;
override PADDING_WIDTH: u32;
override IMAGE_HEIGHT: u32;
override IMAGE_WIDTH: u32;
override IMAGE_CHANNELS = INNER / (WINDOW_HEIGHT * WINDOW_WIDTH); // of a group
const WORKGROUP = 64u;

@group(0) @binding(0) var<storage, read> weight: array<vec4f>; // [GROUPS, taps, IMAGE_CHANNELS, fours of rows]
@group(0) @binding(1) var<storage, read> image: array<f32>; // [BATCH, GROUPS, IMAGE_CHANNELS, IMAGE_HEIGHT, IMAGE_WIDTH]

// Where a tap of the window is along a side of the image, at four positions.
struct Reach {
  at: vec4u,
  isInside: vec4<bool>,
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  // Neighbouring lanes take neighbouring positions: they share the weights and read the image side by side.
  let across = (COLUMNS + 3u) / 4u;
  let groupRows = ROWS / GROUPS;
  let tiles = (groupRows + TILE_ROWS - 1u) / TILE_ROWS;
  let item = (workgroup.y * GRID_WIDTH + workgroup.x) * WORKGROUP + lane;
  let column = item % across * 4u;
  let row = item / across % tiles * TILE_ROWS;
  let group = item / (across * tiles) % GROUPS;
  let batch = item / (across * tiles * GROUPS);
  if (batch >= BATCH) {
    return;
  }
  let rowFours = (groupRows + 3u) / 4u;
  let position = column + vec4u(0u, 1u, 2u, 3u);
  let top = position / PLANE_WIDTH;
  let left = position % PLANE_WIDTH;
  let channels = (batch * GROUPS + group) * IMAGE_CHANNELS * IMAGE_HEIGHT * IMAGE_WIDTH;
  let weights = group * WINDOW_HEIGHT * WINDOW_WIDTH * IMAGE_CHANNELS * rowFours + row / 4u;
  var sum0 = mat4x4f();
  var sum1 = mat4x4f();
  var sum2 = mat4x4f();
  var sum3 = mat4x4f();
  for (var u = 0u; u < WINDOW_HEIGHT; u++) {
    let y = reach(top, u, STRIDE_HEIGHT, PADDING_HEIGHT, IMAGE_HEIGHT);
    for (var v = 0u; v < WINDOW_WIDTH; v++) {
      let x = reach(left, v, STRIDE_WIDTH, PADDING_WIDTH, IMAGE_WIDTH);
      let isInside = y.isInside & x.isInside;
      if (!any(isInside)) {
        continue;
      }
      var at = channels + y.at * IMAGE_WIDTH + x.at;
      var w = weights + (u * WINDOW_WIDTH + v) * IMAGE_CHANNELS * rowFours;
      for (var channel = 0u; channel < IMAGE_CHANNELS; channel++) {
        let pixels = select(vec4f(), vec4f(image[at.x], image[at.y], image[at.z], image[at.w]), isInside);
        if (TILE_ROWS == 1u) {
          sum0[0] += weight[w].x * pixels;
        } else {
          sum0 = addProduct(sum0, weight[w], pixels);
        }
        if (TILE_ROWS > 4u) {
          sum1 = addProduct(sum1, weight[w + 1u], pixels);
        }
        if (TILE_ROWS > 8u) {
          sum2 = addProduct(sum2, weight[w + 2u], pixels);
          sum3 = addProduct(sum3, weight[w + 3u], pixels);
        }
        at += IMAGE_HEIGHT * IMAGE_WIDTH;
        w += rowFours;
      }
    }
  }
  let first = group * groupRows + row;
  let rest = min(groupRows - row, TILE_ROWS); // a tile that hangs over stores nothing of the next group
  storeRows(batch, first, rest, column, sum0);
  if (TILE_ROWS > 4u && rest > 4u) {
    storeRows(batch, first + 4u, rest - 4u, column, sum1);
  }
  if (TILE_ROWS > 8u && rest > 8u) {
    storeRows(batch, first + 8u, rest - 8u, column, sum2);
  }
  if (TILE_ROWS > 8u && rest > 12u) {
    storeRows(batch, first + 12u, rest - 12u, column, sum3);
  }
}

// sum + weights · pixels: four rows of four positions.
fn addProduct(sum: mat4x4f, weights: vec4f, pixels: vec4f) -> mat4x4f {
  return mat4x4f(
    sum[0] + weights.x * pixels,
    sum[1] + weights.y * pixels,
    sum[2] + weights.z * pixels,
    sum[3] + weights.w * pixels,
  );
}

fn storeRows(batch: u32, row: u32, count: u32, column: u32, sum: mat4x4f) {
  store(batch, row, column, sum[0]);
  if (count > 1u) {
    store(batch, row + 1u, column, sum[1]);
  }
  if (count > 2u) {
    store(batch, row + 2u, column, sum[2]);
  }
  if (count > 3u) {
    store(batch, row + 3u, column, sum[3]);
  }
}
