// After an odd number of Newton-Schulz steps O is in the other buffer.
@group(1) @binding(2) var<storage, read_write> orthogonal: array<Wide>;
