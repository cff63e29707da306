// The gradient of a convolution's input: a place of it was met by a tap of the window at
//   (place + padding - tap) / stride
// where that is whole. Dumoulin & Visin, "A guide to convolution arithmetic for deep learning" (2016), chapter 4.
// weight = w [outputs, channels / groups, window], image = dy, product = dx

fn reach(place: vec4u, tap: u32, stride: u32, padding: u32, side: u32) -> Reach {
  let distance = place + padding - tap; // wraps to beyond the last window where it is negative
  let at = distance / stride;
  return Reach(at, (at * stride == distance) & (at < vec4u(side)) & (place + padding >= vec4u(tap)));
}
