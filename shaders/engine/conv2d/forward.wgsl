// A convolution, PyTorch's conv2d without bias and dilation: a tap of the window meets the place
//   stride · position + tap - padding
// Dumoulin & Visin, "A guide to convolution arithmetic for deep learning" (2016), chapter 2.
// weight = w [outputs, channels / groups, window], image = x, product = y

fn reach(position: vec4u, tap: u32, stride: u32, padding: u32, side: u32) -> Reach {
  let at = position * stride + tap - padding; // wraps to beyond the side where it is negative
  return Reach(at, at < vec4u(side));
}
