// Plain RMSprop: the mean square itself.

fn variance(vNow: Wide, g: Wide, i: u32, h: Hyper) -> Wide {
  return vNow;
}
