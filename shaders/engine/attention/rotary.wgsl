// Turns each pair (x[i], x[i + D/2]) of a head's row by its angle, t base^(-2i/D) at the time t:
//   y[i] = x[i] cos - x[i + D/2] sin,  y[i + D/2] = x[i + D/2] cos + x[i] sin.
// Su et al., "RoFormer" (2021), https://arxiv.org/abs/2104.09864, section 3.2.2, with GPT-NeoX's and LLaMA's pairs. The
// table is the host's: WGSL's own cos and sin are good to 2^-11 only. DIRECTION is -1 for the way back, the gradient.

override GRID_WIDTH: u32;
override COUNT: u32; // pairs of groups in all
override TIMES: u32;
override HEADS: u32;
override HALF: u32; // groups of half a row
override DIRECTION: f32;
// Where the operand's batches, times and heads are, in groups.
override X_OFFSET: u32;
override X_BATCH: u32;
override X_TIME: u32;
override X_HEAD: u32;

const WORKGROUP = 64u;

@group(0) @binding(0) var<storage, read> x: array<Elements>;
@group(0) @binding(1) var<storage, read> table: array<Elements>; // [times, 2, D/2]: the cosines, the sines
@group(0) @binding(2) var<storage, read_write> y: array<Elements>; // [batches, times, heads, D]

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) index: u32) {
  let lane = (workgroup.y * GRID_WIDTH + workgroup.x) * WORKGROUP + index;
  if (lane >= COUNT) {
    return;
  }
  let i = lane % HALF;
  let row = lane / HALF; // of [batches, times, heads]
  let head = row % HEADS;
  let time = row / HEADS % TIMES;
  let batch = row / (HEADS * TIMES);
  let xAt = X_OFFSET + batch * X_BATCH + time * X_TIME + head * X_HEAD + i;
  let cosine = table[time * 2u * HALF + i];
  let sine = DIRECTION * table[(time * 2u + 1u) * HALF + i];
  let yAt = row * 2u * HALF + i;
  y[yAt] = x[xAt] * cosine - x[xAt + HALF] * sine;
  y[yAt + HALF] = x[xAt + HALF] * cosine + x[xAt] * sine;
}
