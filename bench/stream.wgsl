// A bare stream with the traffic of AdamW: read four buffers, write three of them. No arithmetic worth the name, so its
// time is what the memory, or the adapter's instruction rate, costs.

override WORKGROUP_SIZE: u32 = 256;
override GRID_WIDTH: u32 = 65535;

@group(0) @binding(0) var<storage, read_write> a: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> b: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> c: array<vec4f>;
@group(0) @binding(3) var<storage, read> d: array<vec4f>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (workgroup.y * GRID_WIDTH + workgroup.x) * WORKGROUP_SIZE + lane;
  if (i >= arrayLength(&a)) {
    return;
  }
  let x = d[i];
  a[i] = a[i] + x;
  b[i] = b[i] + x;
  c[i] = c[i] + x;
}
