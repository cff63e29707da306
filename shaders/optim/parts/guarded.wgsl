// Gradients that were looked at first (see shaders/optim/gradients/verdict.wgsl). How many steps were skipped so far only
// the GPU knows, so it also says which of the rows that the host has written is this step's.

struct Verdict {
  isSkipped: u32,
  factor: f32, // unscales and clips
  firstRow: u32,
}

struct Step {
  @size(256) verdict: Verdict,
  rows: array<Row>,
}

@group(0) @binding(3) var<storage, read> step: Step;

fn rowAt(i: u32) -> Row {
  return step.rows[i];
}

fn firstRow() -> u32 {
  return step.verdict.firstRow;
}

fn factor() -> f32 {
  return step.verdict.factor;
}

fn isSkipped() -> bool {
  return step.verdict.isSkipped != 0u;
}
