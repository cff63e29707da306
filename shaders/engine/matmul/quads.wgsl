// What a module begins with whose control flow is uniform in each quad: WGSL's analysis asks for uniform subgroups.

enable subgroups;
diagnostic(off, subgroup_uniformity);
