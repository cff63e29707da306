// The largest of what a subgroup's lanes have.

fn combineSubgroup(own: f32) -> f32 {
  return subgroupMax(own);
}
