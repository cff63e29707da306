// Planes of dy of any size, with zeros beyond their end.

@group(0) @binding(1) var<storage, read> dy: array<f32>; // [batch, OUTPUTS, OUTPUT_HEIGHT · OUTPUT_WIDTH]

// Four positions of a channel, `channel` being counted through all images.
fn loadGradient(channel: u32, position: u32) -> vec4f {
  let plane = OUTPUT_HEIGHT * OUTPUT_WIDTH;
  let at = channel * plane + position;
  let isInside = position + vec4u(0u, 1u, 2u, 3u) < vec4u(plane);
  return select(vec4f(), vec4f(dy[at], dy[at + 1u], dy[at + 2u], dy[at + 3u]), isInside);
}
