// The body of a pass that adds up numbers over each tensor, tile by tile; shaders/optim/kernels/combine.wgsl adds up the tiles.
// A rule brings `const SUMS` and `fn measure(at: Place, h: Hyper) -> array<Wide, SUMS>`. Each lane adds up its rounds in
// order, and the tree over the lanes is fixed, so the sums have the same bits every time.

@group(1) @binding(8) var<storage, read_write> sums: array<f32>;

var<workgroup> lanes: array<array<f32, SUMS>, WORKGROUP_SIZE>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let index = tileIndex(workgroup);
  if (index >= arrayLength(&tiles)) {
    return;
  }
  let tile = tiles[index];
  let row = rowOf(tile);
  let mayMeasure = !isSkipped();
  var own = array<f32, SUMS>();
  var i = lane;
  loop {
    let at = placeOf(tile, row.general, i);
    if (at.count > 0u && mayMeasure) {
      let values = measure(at, row.hyper);
      for (var k = 0u; k < SUMS; k++) {
        own[k] += sumOf(valid(values[k], at.count));
      }
    }
    continuing {
      i += WORKGROUP_SIZE;
      break if i * WIDTH >= tile.elements;
    }
  }
  lanes[lane] = own;
  // One tree for all sums: a second one after it would write what lane 0 may still have to read.
  for (var half = WORKGROUP_SIZE / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      for (var k = 0u; k < SUMS; k++) {
        lanes[lane][k] += lanes[lane + half][k];
      }
    }
  }
  if (lane == 0u) {
    for (var k = 0u; k < SUMS; k++) {
      sums[tile.slot * SUMS + k] = lanes[0][k];
    }
  }
}
