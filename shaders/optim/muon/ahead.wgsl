// The matrix u whose singular values the step is without, and ‖u‖².

const SUMS = 1u;

@group(1) @binding(0) var<storage, read_write> velocity: array<Wide>;
@group(1) @binding(1) var<storage, read_write> ahead: array<Wide>;

fn measure(at: Place, h: Hyper) -> array<Wide, SUMS> {
  let g = gradient(at);
  let b = lerp(velocity[at.state], g, h.oneMinusMomentum, h.momentum);
  velocity[at.state] = b;
  var u = b;
  if (h.nesterov != 0.0) {
    u = lerp(g, b, h.momentum, h.oneMinusMomentum);
  }
  ahead[at.state] = u;
  return array<Wide, SUMS>(u * u);
}
