// The first look at the gradients: for each tile, the sum of its squares, unscaled, and its first element that is not finite.

struct Finding {
  squares: f32,
  notFinite: u32, // 1 + the place within the tile, 0 where all are finite
}

@group(1) @binding(0) var<storage, read_write> findings: array<Finding>;
@group(1) @binding(1) var<storage, read> memory: Memory;

const NONE = 0xffffffffu;
var<workgroup> squares: array<f32, WORKGROUP_SIZE>;
var<workgroup> places: array<u32, WORKGROUP_SIZE>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let index = tileIndex(workgroup);
  if (index >= arrayLength(&tiles)) {
    return;
  }
  let tile = tiles[index];
  var sum = 0.0;
  var first = NONE;
  var i = lane;
  loop {
    let count = countOf(tile, i);
    if (count > 0u) {
      let g = readGrad(tile.grad + i, count);
      let unscaled = memory.unscale * g;
      // The choice between products and their sum also keeps compilers from fusing the two, which would round otherwise.
      sum += sumOf(valid(unscaled * unscaled, count));
      let place = firstNotFinite(valid(g, count));
      first = min(first, select(NONE, i * WIDTH + place, place > 0u));
    }
    continuing {
      i += WORKGROUP_SIZE;
      break if i * WIDTH >= tile.elements;
    }
  }
  squares[lane] = sum;
  places[lane] = first;
  for (var half = WORKGROUP_SIZE / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      squares[lane] += squares[lane + half];
      places[lane] = min(places[lane], places[lane + half]);
    }
  }
  if (lane == 0u) {
    findings[tile.slot] = Finding(squares[0], select(places[0], 0u, places[0] == NONE));
  }
}
