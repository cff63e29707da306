// Adds up the tiles of all tensors and decides about the step:
//   norm = √(Σ g²),   factor = unscale · min(1, clipNorm / (norm + 1e-6))     as torch.nn.utils.clip_grad_norm_
// A gradient that is not finite, or a norm that float32 has no room for, skips the step. The loss scale goes down then, and
// up after a number of good steps: dynamic loss scaling (Micikevicius et al. 2018), as torch.amp.GradScaler.
// One workgroup: lane j adds slots j, j + 256, … in order, and a fixed tree adds up the lanes.

struct Finding {
  squares: f32,
  notFinite: u32,
}

struct Settings {
  clipNorm: f32, // 0 for no limit
  share: f32, // 1 / micro-batches
  growth: f32, // 1 for a constant scale
  backoff: f32,
  interval: u32,
  stopsAtFailure: u32,
  rowsOfStep: u32,
  rowSlots: u32, // steps whose rows the host keeps here
}

struct Verdict {
  isSkipped: u32,
  factor: f32,
  firstRow: u32,
}

@group(0) @binding(0) var<storage, read> findings: array<Finding>;
@group(0) @binding(1) var<storage, read_write> memory: Memory;
@group(0) @binding(2) var<storage, read_write> verdict: Verdict;
@group(0) @binding(3) var<uniform> settings: Settings;

const LANES = 256u;
const NONE = 0xffffffffu;
var<workgroup> squares: array<f32, LANES>;
var<workgroup> slots: array<u32, LANES>;

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32) {
  var sum = 0.0;
  var slot = NONE;
  for (var i = lane; i < arrayLength(&findings); i += LANES) {
    let finding = findings[i];
    sum += finding.squares;
    slot = select(slot, min(slot, i), finding.notFinite > 0u);
  }
  squares[lane] = sum;
  slots[lane] = slot;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      squares[lane] += squares[lane + half];
      slots[lane] = min(slots[lane], slots[lane + half]);
    }
  }
  if (lane == 0u) {
    decide(sqrt(squares[0]), slots[0]);
  }
}

fn isFinite(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u;
}

fn decide(norm: f32, slot: u32) {
  let isGood = slot == NONE && isFinite(norm);
  if (!isGood && settings.stopsAtFailure != 0u) {
    memory.hasFailed = 1u;
  }
  let isSkipped = !isGood || memory.hasFailed != 0u;
  verdict.isSkipped = u32(isSkipped);
  verdict.firstRow = memory.rows * settings.rowsOfStep;
  verdict.factor = memory.unscale;
  if (settings.clipNorm > 0.0) {
    verdict.factor = memory.unscale * min(settings.clipNorm / (norm + 1e-6), 1.0);
  }
  if (isSkipped) {
    memory.skipped += 1u;
  } else {
    memory.rows = (memory.rows + 1u) % settings.rowSlots;
  }
  var place = 0u;
  if (slot != NONE) {
    place = findings[slot].notFinite;
  }
  // NONE + 1 is 0.
  memory.reports[memory.attempts % REPORTS] =
    Report(norm, memory.scale, u32(isSkipped), memory.skipped, slot + 1u, place, 0u, 0u);
  memory.attempts += 1u;
  rescale(isGood);
}

fn rescale(isGood: bool) {
  var scale = memory.scale;
  memory.good += 1u;
  if (!isGood) {
    scale *= settings.backoff;
    memory.good = 0u;
  } else if (memory.good == settings.interval) {
    scale *= settings.growth;
    memory.good = 0u;
  }
  if (isFinite(scale) && scale > 0.0) {
    memory.scale = scale;
  }
  memory.unscale = settings.share / memory.scale;
}
