// Max pooling: a window's whole gradient goes to the first of its largest numbers.

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4f>;

fn share(plane: vec4u, i: vec4u, j: vec4u, place: vec4u, whole: vec4f) -> vec4f {
  var winner = vec4u();
  var order = vec4u();
  for (var u = 0u; u < WINDOW_HEIGHT; u++) {
    for (var v = 0u; v < WINDOW_WIDTH; v++) {
      let places = placesIn(plane, i, j, u, v);
      let at = places.at;
      let orderHere = orderOf(vec4f(x[at.x], x[at.y], x[at.z], x[at.w]));
      let takes = places.isInside & isLarger(orderHere, order);
      winner = select(winner, at, takes);
      order = select(order, orderHere, takes);
    }
  }
  return select(vec4f(), whole, winner == place);
}
