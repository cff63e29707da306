// No momentum: the direction is the gradient, and there is no state to read or write.

fn direction(g: Wide, i: u32, h: Hyper) -> Wide {
  return g;
}
