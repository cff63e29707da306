// How windows lie on planes, for pooling and its gradients: window (i, j) holds the places
//   stride · (i, j) + (u, v) - padding,   u < WINDOW_HEIGHT, v < WINDOW_WIDTH
// that are inside its plane. Dumoulin & Visin, "A guide to convolution arithmetic for deep learning" (2016), chapter 3.

override GRID_WIDTH: u32;
override ITEMS: u32; // lanes that have something to do
override HEIGHT: u32;
override WIDTH: u32;
override OUTPUT_HEIGHT: u32;
override OUTPUT_WIDTH: u32;
override WINDOW_HEIGHT: u32;
override WINDOW_WIDTH: u32;
override STRIDE_HEIGHT: u32;
override STRIDE_WIDTH: u32;
override PADDING_HEIGHT: u32;
override PADDING_WIDTH: u32;
const WORKGROUP = 64u;

// Four places of x, and which of them are inside of their planes.
struct Places {
  at: vec4u,
  isInside: vec4<bool>,
}

// Place (u, v) of each of four windows, whose planes start at `plane`.
fn placesIn(plane: vec4u, i: vec4u, j: vec4u, u: u32, v: u32) -> Places {
  let top = i * STRIDE_HEIGHT + u - PADDING_HEIGHT; // wraps to beyond the side where it is negative
  let left = j * STRIDE_WIDTH + v - PADDING_WIDTH;
  return Places(plane + top * WIDTH + left, (top < vec4u(HEIGHT)) & (left < vec4u(WIDTH)));
}
