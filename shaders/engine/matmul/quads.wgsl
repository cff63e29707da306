// Quads: four lanes that have the same rows of a product. Each loads a quarter of the left operand and hands it to the
// others, so that none of it is loaded twice.
// The lanes 4 q … 4 q + 3 of a workgroup are taken to be a quad of a subgroup. So it is in Direct3D where workgroups have one
// side (DirectX specifications, "HLSL SM 6.6 Derivatives"), in Vulkan where a shader asks for it, and in WGSL it is not said.
// Without a measurement quads are taken on software adapters alone, on others only after `probeMatmul` found their product
// right. A kernel that asks at every load took twice the time (bench/REJECTED.md).
// Control flow is uniform in each quad, not in each subgroup, which is what WGSL's analysis asks for.

enable subgroups;
diagnostic(off, subgroup_uniformity);

// Line i of the block is left(row + i, k … k + 3), of which each lane of the quad loads a line in memory.
fn leftBlockOfQuad(piece: u32, row: u32, k: u32, quarter: u32) -> mat4x4f {
  if (LEFT_IS_TRANSPOSED) {
    let own = loadLeft(placeInLeft(piece, k + quarter, row));
    return leftInside(transpose(linesOfQuad(own)), k);
  }
  let own = loadLeft(placeInLeft(piece, row + quarter, k));
  return leftInside(linesOfQuad(own), k);
}

fn linesOfQuad(own: vec4f) -> mat4x4f {
  return mat4x4f(quadBroadcast(own, 0u), quadBroadcast(own, 1u), quadBroadcast(own, 2u), quadBroadcast(own, 3u));
}
