// A lane works on four elements at a time: one 16-byte load and one store for each buffer.
alias Wide = vec4f;
