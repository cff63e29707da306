// The lanes of a workgroup combined for its first lane: each subgroup's by `combineSubgroup`, and then the subgroups' in their
// order.

var<workgroup> partials: array<f32, WORKGROUP>; // of each subgroup; there are no more than lanes

fn combineLanes(lane: u32, own: f32) -> f32 {
  let subgroup = subgroupOf(lane);
  let ofSubgroup = combineSubgroup(own);
  if (subgroup.isFirstLane) {
    partials[subgroup.number] = ofSubgroup;
  }
  workgroupBarrier();
  var all = vec4f(IDENTITY);
  for (var i = 0u; i < subgroup.count; i++) {
    all = combine(all, vec4f(partials[i]));
  }
  return all.x;
}
