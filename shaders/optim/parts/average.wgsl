// A moving average of the weights (Polyak & Juditsky 1992; as torch.optim.swa_utils' EMA): a ← a + (1 - d)(p - a). The first
// one is p itself.

@group(1) @binding(9) var<storage, read_write> averages: array<Wide>;

fn average(at: Place, p: Wide) {
  averages[at.state] = lerp(averages[at.state], p, at.general.averageShare, at.general.averageKeep);
}
