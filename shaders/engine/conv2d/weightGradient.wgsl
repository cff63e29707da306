// The gradient of a convolution's weight, in SPLITS partial sums, each over positions of its own:
//   dweight[o, c, u, v] = Σ over (batch, i, j) dy[batch, o, i, j] x[batch, c, stride · (i, j) + (u, v) - padding]
// Dumoulin & Visin, "A guide to convolution arithmetic for deep learning" (2016), chapter 4.
// Each lane makes TILE_ROWS channels o of four neighbouring weights (c, u, v), in registers, and takes four neighbouring
// positions at a time. A partial sum runs in the order of positions; the cut into partial sums is a function of the
// shapes. A file with `loadGradient` says how dy lies in memory.

override GRID_WIDTH: u32;
override FOURS: u32; // of positions, of all images
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
override SPLIT_FOURS: u32; // of positions, in a partial sum
override PARTIAL: u32; // from a partial sum to the next
const WORKGROUP = 64u;

@group(0) @binding(0) var<storage, read> x: array<f32>; // [batch, GROUPS, CHANNELS, HEIGHT, WIDTH]
@group(0) @binding(2) var<storage, read_write> partial: array<f32>; // [SPLITS, PARTIAL]

// Four neighbouring positions, as the places in x that the window's first place meets without padding.
struct Positions {
  top: vec4u,
  left: vec4u,
}

// A weight's place in the window, padding taken off; `first` is the first place of its channel.
struct Tap {
  first: u32,
  u: u32,
  v: u32,
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  // Neighbouring lanes take neighbouring weights: they share dy.
  let weights = CHANNELS * WINDOW_HEIGHT * WINDOW_WIDTH; // of one o
  let across = (weights + 3u) / 4u;
  let groupRows = OUTPUTS / GROUPS;
  let tiles = (groupRows + TILE_ROWS - 1u) / TILE_ROWS;
  let item = (workgroup.y * GRID_WIDTH + workgroup.x) * WORKGROUP + lane;
  let column = item % across * 4u;
  let row = item / across % tiles * TILE_ROWS;
  let group = item / (across * tiles) % GROUPS;
  let split = item / (across * tiles * GROUPS);
  if (split >= SPLITS) {
    return;
  }
  let tap0 = tapOf(column);
  let tap1 = tapOf(column + 1u);
  let tap2 = tapOf(column + 2u);
  let tap3 = tapOf(column + 3u);
  let plane = OUTPUT_HEIGHT * OUTPUT_WIDTH;
  let planeFours = (plane + 3u) / 4u;
  let first = group * groupRows + row;
  let end = min((split + 1u) * SPLIT_FOURS, FOURS);
  var sum0 = mat4x4f();
  var sum1 = mat4x4f();
  var sum2 = mat4x4f();
  var sum3 = mat4x4f();
  for (var four = split * SPLIT_FOURS; four < end; four++) {
    let batch = four / planeFours;
    let position = four % planeFours * 4u;
    let places = position + vec4u(0u, 1u, 2u, 3u);
    let positions = Positions(places / OUTPUT_WIDTH * STRIDE_HEIGHT, places % OUTPUT_WIDTH * STRIDE_WIDTH);
    let image = (batch * GROUPS + group) * CHANNELS * HEIGHT * WIDTH;
    let pixels = mat4x4f(
      pixelsAt(image, tap0, positions),
      pixelsAt(image, tap1, positions),
      pixelsAt(image, tap2, positions),
      pixelsAt(image, tap3, positions),
    );
    let channel = batch * OUTPUTS + first;
    if (TILE_ROWS == 1u) {
      sum0[0] += loadGradient(channel, position) * pixels;
    } else {
      sum0 = addProduct(sum0, channel, position, pixels);
    }
    if (TILE_ROWS > 4u) {
      sum1 = addProduct(sum1, channel + 4u, position, pixels);
    }
    if (TILE_ROWS > 8u) {
      sum2 = addProduct(sum2, channel + 8u, position, pixels);
      sum3 = addProduct(sum3, channel + 12u, position, pixels);
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

// Of the k-th weight of an o. One that hangs over is of a channel that is not there, and is not stored.
fn tapOf(k: u32) -> Tap {
  let channel = k / (WINDOW_HEIGHT * WINDOW_WIDTH);
  let u = k / WINDOW_WIDTH % WINDOW_HEIGHT - PADDING_HEIGHT; // wraps where it is negative
  let v = k % WINDOW_WIDTH - PADDING_WIDTH;
  return Tap(channel * HEIGHT * WIDTH, u, v);
}

// What a tap meets at four positions, zeros in the padding.
fn pixelsAt(image: u32, tap: Tap, positions: Positions) -> vec4f {
  let top = positions.top + tap.u;
  let left = positions.left + tap.v;
  let at = image + tap.first + top * WIDTH + left;
  let isInside = (top < vec4u(HEIGHT)) & (left < vec4u(WIDTH));
  return select(vec4f(), vec4f(x[at.x], x[at.y], x[at.z], x[at.w]), isInside);
}

// sum + dy · pixels: four channels of dy.
fn addProduct(sum: mat4x4f, channel: u32, position: u32, pixels: mat4x4f) -> mat4x4f {
  return mat4x4f(
    sum[0] + loadGradient(channel, position) * pixels,
    sum[1] + loadGradient(channel + 1u, position) * pixels,
    sum[2] + loadGradient(channel + 2u, position) * pixels,
    sum[3] + loadGradient(channel + 3u, position) * pixels,
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
