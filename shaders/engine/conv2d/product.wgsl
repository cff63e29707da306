// The body of a convolution and of its input's gradient: a matmul whose right operand, the patches of an image, is never
// in memory. Each lane makes TILE_ROWS channels of four neighbouring positions, in registers.
//   product[b, row, position] = Σ over (tap, channel) weight(row, channel, tap) image(b, channel, place of position and tap)
// Chetlur et al., "cuDNN: Efficient Primitives for Deep Learning" (2014), section 3 (implicit im2col).
// A file with `reach` says which place of the image a tap of the window meets at a position; one with `store` where
// products go. Taps come before channels, so that several channels share the places of a tap.
// Every element is summed one product at a time in an order of its own, so its bits do not depend on tile or grid.

override GRID_WIDTH: u32;
override BATCH: u32;
override ROWS: u32; // channels of the product
override COLUMNS: u32; // positions of a plane of the product
override PLANE_WIDTH: u32; // how many of them are a row
override INNER: u32; // products that an element is the sum of: taps of the window times channels of a group
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
override STEP: u32; // channels at a time: 1, or 4 where there are whole groups of four
override IMAGE_CHANNELS = INNER / (WINDOW_HEIGHT * WINDOW_WIDTH); // of a group
override ROW_FOURS = (ROWS / GROUPS + 3u) / 4u;
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
  let position = column + vec4u(0u, 1u, 2u, 3u);
  let top = position / PLANE_WIDTH;
  let left = position % PLANE_WIDTH;
  let image0 = (batch * GROUPS + group) * IMAGE_CHANNELS * IMAGE_HEIGHT * IMAGE_WIDTH;
  var w = group * INNER * ROW_FOURS + row / 4u;
  var sum0 = mat4x4f();
  var sum1 = mat4x4f();
  var sum2 = mat4x4f();
  var sum3 = mat4x4f();
  for (var k = 0u; k < INNER; k += STEP) {
    let tap = k / IMAGE_CHANNELS;
    let y = reach(top, tap / WINDOW_WIDTH, STRIDE_HEIGHT, PADDING_HEIGHT, IMAGE_HEIGHT);
    let x = reach(left, tap % WINDOW_WIDTH, STRIDE_WIDTH, PADDING_WIDTH, IMAGE_WIDTH);
    let plane = image0 + k % IMAGE_CHANNELS * (IMAGE_HEIGHT * IMAGE_WIDTH);
    let pixels = pixelsAt(plane + y.at * IMAGE_WIDTH + x.at, y.isInside & x.isInside);
    sum0 = addProduct(sum0, w, pixels);
    if (TILE_ROWS > 4u) {
      sum1 = addProduct(sum1, w + 1u, pixels);
    }
    if (TILE_ROWS > 8u) {
      sum2 = addProduct(sum2, w + 2u, pixels);
      sum3 = addProduct(sum3, w + 3u, pixels);
    }
    w += STEP * ROW_FOURS;
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

// Four positions of STEP neighbouring channels, zeros in the padding.
fn pixelsAt(at: vec4u, isInside: vec4<bool>) -> mat4x4f {
  var pixels = mat4x4f();
  pixels[0] = load(at, isInside);
  if (STEP > 1u) {
    pixels[1] = load(at + IMAGE_HEIGHT * IMAGE_WIDTH, isInside);
    pixels[2] = load(at + 2u * (IMAGE_HEIGHT * IMAGE_WIDTH), isInside);
    pixels[3] = load(at + 3u * (IMAGE_HEIGHT * IMAGE_WIDTH), isInside);
  }
  return pixels;
}

fn load(at: vec4u, isInside: vec4<bool>) -> vec4f {
  return select(vec4f(), vec4f(image[at.x], image[at.y], image[at.z], image[at.w]), isInside);
}

// sum + weights · pixels: four rows of four positions, STEP channels.
fn addProduct(sum: mat4x4f, w: u32, pixels: mat4x4f) -> mat4x4f {
  var total = addChannel(sum, weight[w], pixels[0]);
  if (STEP > 1u) {
    total = addChannel(total, weight[w + ROW_FOURS], pixels[1]);
    total = addChannel(total, weight[w + 2u * ROW_FOURS], pixels[2]);
    total = addChannel(total, weight[w + 3u * ROW_FOURS], pixels[3]);
  }
  return total;
}

fn addChannel(sum: mat4x4f, weights: vec4f, pixels: vec4f) -> mat4x4f {
  if (TILE_ROWS == 1u) {
    return mat4x4f(sum[0] + weights.x * pixels, sum[1], sum[2], sum[3]);
  }
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
