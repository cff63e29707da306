// The gradient of max pooling whose windows lie apart, without padding: a window's whole gradient goes to the first of its
// largest numbers, and its lane fills the place from there to the next windows.
//   dx[c, place] = dy[c, i, j] where the place is the winner of window (i, j), 0 elsewhere

override TILES: u32; // of STRIDE_HEIGHT · STRIDE_WIDTH places, or what is left of that at an edge

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let item = (workgroup.y * GRID_WIDTH + workgroup.x) * WORKGROUP + lane;
  if (item >= ITEMS) {
    return;
  }
  let tile = item * 4u + vec4u(0u, 1u, 2u, 3u);
  let down = (HEIGHT + STRIDE_HEIGHT - 1u) / STRIDE_HEIGHT;
  let across = (WIDTH + STRIDE_WIDTH - 1u) / STRIDE_WIDTH;
  let plane = tile / (down * across);
  let i = tile / across % down;
  let j = tile % across;
  var winner = vec4u();
  var order = vec4u();
  for (var u = 0u; u < WINDOW_HEIGHT; u++) {
    for (var v = 0u; v < WINDOW_WIDTH; v++) {
      let at = placesIn(plane * (HEIGHT * WIDTH), i, j, u, v).at;
      let orderHere = orderOf(vec4f(x[at.x], x[at.y], x[at.z], x[at.w]));
      let takes = isLarger(orderHere, order);
      winner = select(winner, at, takes);
      order = select(order, orderHere, takes);
    }
  }
  let isWindow = (i < vec4u(OUTPUT_HEIGHT)) & (j < vec4u(OUTPUT_WIDTH));
  let output = (plane * OUTPUT_HEIGHT + i) * OUTPUT_WIDTH + j;
  let whole = select(vec4f(), vec4f(dy[output.x], dy[output.y], dy[output.z], dy[output.w]), isWindow);
  for (var u = 0u; u < STRIDE_HEIGHT; u++) {
    for (var v = 0u; v < STRIDE_WIDTH; v++) {
      let places = placesIn(plane * (HEIGHT * WIDTH), i, j, u, v);
      let at = places.at;
      let value = select(vec4f(), whole, at == winner);
      let isStored = places.isInside & (tile < vec4u(TILES));
      if (isStored.x) { dx[at.x] = value.x; }
      if (isStored.y) { dx[at.y] = value.y; }
      if (isStored.z) { dx[at.z] = value.z; }
      if (isStored.w) { dx[at.w] = value.w; }
    }
  }
}
