// Puts the weights to evaluate with in the place of those that are trained, which are kept meanwhile, or puts those back.
//   trained ← p;  p ← p + w (a - p)          and back, bit for bit:  p ← trained
// a is a moving average of the weights, w being 1 then, or a state that, with p, has the average in it: see `evaluation` of the
// rules.

override BACK: bool = false;

struct Way {
  share: f32, // w
  rest: f32, // 1 - w
}

@group(0) @binding(3) var<storage, read> ways: array<Way>;
@group(1) @binding(0) var<storage, read> towards: array<Wide>;
@group(1) @binding(1) var<storage, read_write> trained: array<Wide>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let index = tileIndex(workgroup);
  if (index >= arrayLength(&tiles)) {
    return;
  }
  let tile = tiles[index];
  let count = countOf(tile, lane);
  if (count == 0u) {
    return;
  }
  let i = tile.param + lane;
  let kept = tile.state + lane;
  if (BACK) {
    writeParam(i, count, trained[kept]);
    return;
  }
  let p = readParam(i, count);
  trained[kept] = p;
  writeParam(i, count, along(p, towards[kept], ways[tile.row]));
}

/// From the nearer end, as PyTorch's lerp: exact where w is 0 or 1.
fn along(p: Wide, a: Wide, way: Way) -> Wide {
  if (abs(way.share) < 0.5) {
    return p + way.share * (a - p);
  }
  return a - way.rest * (a - p);
}
