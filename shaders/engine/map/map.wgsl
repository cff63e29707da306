// A chain of functions of single elements, four elements a lane: y[i] = f(a[i], b[i], …). `compute`, which is made for
// each chain, loads what group i of the result needs, and stores it.

override GRID_WIDTH: u32;
override GROUPS: u32;
const WORKGROUP = 64u;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (workgroup.y * GRID_WIDTH + workgroup.x) * WORKGROUP + lane;
  if (i < GROUPS) {
    compute(i);
  }
}
