// Max pooling, PyTorch's max_pool2d: y[c, i, j] is the largest number of window (i, j), a NaN if there is one.

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let item = (workgroup.y * GRID_WIDTH + workgroup.x) * WORKGROUP + lane;
  if (item >= ITEMS) {
    return;
  }
  let output = item * 4u + vec4u(0u, 1u, 2u, 3u);
  let plane = output / (OUTPUT_HEIGHT * OUTPUT_WIDTH) * (HEIGHT * WIDTH);
  let i = output / OUTPUT_WIDTH % OUTPUT_HEIGHT;
  let j = output % OUTPUT_WIDTH;
  var largest = vec4f();
  var order = vec4u();
  for (var u = 0u; u < WINDOW_HEIGHT; u++) {
    for (var v = 0u; v < WINDOW_WIDTH; v++) {
      let places = placesIn(plane, i, j, u, v);
      let at = places.at;
      let here = vec4f(x[at.x], x[at.y], x[at.z], x[at.w]);
      let orderHere = orderOf(here);
      let takes = places.isInside & isLarger(orderHere, order);
      largest = select(largest, here, takes);
      order = select(order, orderHere, takes);
    }
  }
  y[item] = largest;
}
