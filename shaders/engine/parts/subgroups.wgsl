// The subgroups of a workgroup, by number. Nothing is assumed of how large they are, nor of which lanes are in one: the lane
// with the smallest index stands for its subgroup, and subgroups are numbered in the order of those. So the same lanes make
// the same sums in the same order wherever they run.

enable subgroups;

struct Subgroup {
  isFirstLane: bool, // the lane that stands for it
  number: u32,
  count: u32, // of the workgroup's
}

var<workgroup> firstLanes: array<atomic<u32>, 8>; // a bit for each of 256 lanes

fn subgroupOf(lane: u32) -> Subgroup {
  let first = subgroupMin(lane);
  if (lane == first) {
    atomicOr(&firstLanes[first / 32u], 1u << (first % 32u));
  }
  workgroupBarrier();
  var number = 0u;
  var count = 0u;
  for (var i = 0u; i < 8u; i++) {
    let lanes = atomicLoad(&firstLanes[i]);
    let before = min(max(first, 32u * i) - 32u * i, 32u);
    number += countOneBits(extractBits(lanes, 0u, before));
    count += countOneBits(lanes);
  }
  return Subgroup(lane == first, number, count);
}
