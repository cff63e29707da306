// The velocity of a rule that has it as its second state.
@group(1) @binding(1) var<storage, read_write> velocity: array<Wide>;
