// Rows that come in whole groups of four.

alias Element = vec4f;
