// After an even number of Newton-Schulz steps O is where u was.
@group(1) @binding(1) var<storage, read_write> orthogonal: array<Wide>;
