// Mean pooling, PyTorch's avg_pool2d with the padding's zeros counted: y[c, i, j] = (Σ of window (i, j)) / (its size).

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
  var sum = vec4f();
  for (var u = 0u; u < WINDOW_HEIGHT; u++) {
    for (var v = 0u; v < WINDOW_WIDTH; v++) {
      let places = placesIn(plane, i, j, u, v);
      let at = places.at;
      sum += select(vec4f(), vec4f(x[at.x], x[at.y], x[at.z], x[at.w]), places.isInside);
    }
  }
  y[item] = sum / f32(WINDOW_HEIGHT * WINDOW_WIDTH);
}
