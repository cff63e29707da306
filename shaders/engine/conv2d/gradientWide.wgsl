// Planes of dy that come in whole groups of four positions.

@group(0) @binding(1) var<storage, read> dy: array<vec4f>; // [batch, OUTPUTS, OUTPUT_HEIGHT · OUTPUT_WIDTH]

// Four positions of a channel, `channel` being counted through all images.
fn loadGradient(channel: u32, position: u32) -> vec4f {
  return dy[(channel * (OUTPUT_HEIGHT * OUTPUT_WIDTH) + position) / 4u];
}
