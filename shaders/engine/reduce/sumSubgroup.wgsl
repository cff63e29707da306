// What a subgroup's lanes sum up to.

fn combineSubgroup(own: f32) -> f32 {
  return subgroupAdd(own);
}
