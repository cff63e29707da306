// Gradients in float32, an element to a lane.

@group(0) @binding(1) var<storage, read_write> grad: array<f32>;

fn readGrad(i: u32, count: u32) -> Wide {
  return grad[i];
}

fn clearGrad(i: u32, count: u32) {
  grad[i] = 0.0;
}
