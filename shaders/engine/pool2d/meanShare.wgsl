// Mean pooling: a window's gradient is dealt out in equal parts.

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read_write> dx: array<vec4f>;

fn share(plane: vec4u, i: vec4u, j: vec4u, place: vec4u, whole: vec4f) -> vec4f {
  return whole / f32(WINDOW_HEIGHT * WINDOW_WIDTH);
}
