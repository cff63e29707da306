// What the GPU keeps of the gradients from step to step. The host reads it, some steps late.

struct Report {
  norm: f32, // of all gradients together, unscaled, before it was clipped
  scale: f32, // of the loss
  isSkipped: u32,
  skipped: u32, // steps so far
  slot: u32, // 1 + the tile with the first element that is not finite, 0 for none
  place: u32, // 1 + that element's place within the tile
  pad0: u32,
  pad1: u32,
}

const REPORTS = 64u;

struct Memory {
  scale: f32, // what the loss is to be multiplied with
  unscale: f32, // 1 / (scale · micro-batches)
  good: u32, // steps since the scale changed
  hasFailed: u32, // nothing more is updated, until the host has said so
  attempts: u32,
  skipped: u32,
  rows: u32, // which of the host's rows are next
  pad: u32,
  reports: array<Report, REPORTS>, // step s at (s - 1) mod REPORTS
}
