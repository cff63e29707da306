// AMSGrad (Reddi, Kale & Kumar 2018): the largest second moment so far. As PyTorch's code, and unlike its docstring, the
// maximum is of the moment before its bias correction.

@group(1) @binding(2) var<storage, read_write> vMax: array<Wide>;

fn largest(vNow: Wide, i: u32) -> Wide {
  let vMaxNow = max(vMax[i], vNow);
  vMax[i] = vMaxNow;
  return vMaxNow;
}
