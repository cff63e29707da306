// A convolution's weights in the order in which a product asks for them: four rows side by side, channel by channel of
// each tap. Rows that are not there are zeros.
//   packed[group, tap, channel, row] = weight(group, row, channel, tap)

override GRID_WIDTH: u32;
override GROUPS: u32;
override GROUP_ROWS: u32;
override IMAGE_CHANNELS: u32; // of a group
override TAPS: u32;
override WEIGHT_ROW: u32; // from a row's weights to those of the next row
override WEIGHT_CHANNEL: u32; // and from a channel of the image to the next
const WORKGROUP = 64u;

@group(0) @binding(0) var<storage, read> weight: array<f32>;
@group(0) @binding(1) var<storage, read_write> packed: array<vec4f>; // [GROUPS, TAPS, IMAGE_CHANNELS, fours of rows]

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let item = (workgroup.y * GRID_WIDTH + workgroup.x) * WORKGROUP + lane;
  let fours = (GROUP_ROWS + 3u) / 4u;
  if (item >= GROUPS * TAPS * IMAGE_CHANNELS * fours) {
    return;
  }
  let row = item % fours * 4u;
  let channel = item / fours % IMAGE_CHANNELS;
  let tap = item / (fours * IMAGE_CHANNELS) % TAPS;
  let group = item / (fours * IMAGE_CHANNELS * TAPS);
  let at = group * GROUP_ROWS * IMAGE_CHANNELS * TAPS + row * WEIGHT_ROW + channel * WEIGHT_CHANNEL + tap;
  let four = vec4f(
    weight[at],
    weight[at + WEIGHT_ROW],
    weight[at + 2u * WEIGHT_ROW],
    weight[at + 3u * WEIGHT_ROW],
  );
  packed[item] = select(vec4f(), four, row + vec4u(0u, 1u, 2u, 3u) < vec4u(GROUP_ROWS));
}
