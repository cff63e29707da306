// The gradients of pooling, by asking: each place of x adds up what the windows that hold it give it.
//   dx[c, place] = Σ over windows (i, j) that hold the place of share(window, place) dy[c, i, j]
// A file with `share` says how a window's gradient is dealt out. Windows are asked from the last to the first.

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let item = (workgroup.y * GRID_WIDTH + workgroup.x) * WORKGROUP + lane;
  if (item >= ITEMS) {
    return;
  }
  let place = item * 4u + vec4u(0u, 1u, 2u, 3u);
  let plane = place / (HEIGHT * WIDTH);
  let top = place / WIDTH % HEIGHT + PADDING_HEIGHT;
  let left = place % WIDTH + PADDING_WIDTH;
  var sum = vec4f();
  for (var a = 0u; a < (WINDOW_HEIGHT + STRIDE_HEIGHT - 1u) / STRIDE_HEIGHT; a++) {
    let i = top / STRIDE_HEIGHT - a; // wraps to beyond the last window where it is negative
    let isRow = (i < vec4u(OUTPUT_HEIGHT)) & (top - i * STRIDE_HEIGHT < vec4u(WINDOW_HEIGHT));
    for (var b = 0u; b < (WINDOW_WIDTH + STRIDE_WIDTH - 1u) / STRIDE_WIDTH; b++) {
      let j = left / STRIDE_WIDTH - b;
      let isHere = isRow & (j < vec4u(OUTPUT_WIDTH)) & (left - j * STRIDE_WIDTH < vec4u(WINDOW_WIDTH));
      if (any(isHere)) {
        let at = (plane * OUTPUT_HEIGHT + i) * OUTPUT_WIDTH + j;
        let whole = vec4f(dy[at.x], dy[at.y], dy[at.z], dy[at.w]);
        sum += select(vec4f(), share(plane * (HEIGHT * WIDTH), i, j, place, whole), isHere);
      }
    }
  }
  dx[item] = sum;
}
