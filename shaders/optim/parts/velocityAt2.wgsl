// The velocity of a rule that has it as its third state.
@group(1) @binding(2) var<storage, read_write> velocity: array<Wide>;
