// Which half precision the parameters and gradients of a dispatch are in.

override IS_FLOAT16: bool = false;

fn halfFormat() -> Format {
  if (IS_FLOAT16) {
    return FLOAT16;
  }
  return BFLOAT16;
}
