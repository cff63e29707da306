// Rows of any length, one number at a time.

alias Element = f32;
