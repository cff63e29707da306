// The body that every update rule shares: one workgroup a tile, one lane a Wide.
// A rule brings `struct Hyper`, its state and `fn update(at: Place, h: Hyper)`, which asks for `gradient(at, h)`.

override WORKGROUP_SIZE: u32 = 256;
override GRID_WIDTH: u32 = 65535;

/// At most WORKGROUP_SIZE neighbouring Wides of one tensor. Offsets count Wides from the start of each binding.
struct Tile {
  param: u32,
  grad: u32,
  state: u32,
  count: u32,
  row: u32, // the tensor's row of `hyper`
}

/// Where one lane's elements are in each buffer.
struct Place {
  param: u32,
  grad: u32,
  state: u32,
}

@group(0) @binding(0) var<storage, read_write> param: array<Wide>;
// Only read. Bound as read_write because parameters and gradients may be ranges of one buffer.
@group(0) @binding(1) var<storage, read_write> grad: array<Wide>;
@group(0) @binding(2) var<storage, read> tiles: array<Tile>;
@group(0) @binding(3) var<storage, read> hyper: array<Hyper>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let index = workgroup.y * GRID_WIDTH + workgroup.x;
  if (index >= arrayLength(&tiles)) {
    return;
  }
  let tile = tiles[index];
  if (lane >= tile.count) {
    return;
  }
  update(Place(tile.param + lane, tile.grad + lane, tile.state + lane), hyper[tile.row]);
}

/// The gradient to descend along: turned round to maximize.
fn gradient(at: Place, h: Hyper) -> Wide {
  return h.ascent * grad[at.grad];
}
