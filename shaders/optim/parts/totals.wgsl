// What a measure pass added up.

override SUMS_OF_TENSOR: u32 = 1;

@group(1) @binding(8) var<storage, read> totals: array<f32>;

/// The k-th sum over the tensor.
fn total(at: Place, k: u32) -> f32 {
  return totals[at.tensor * SUMS_OF_TENSOR + k];
}
