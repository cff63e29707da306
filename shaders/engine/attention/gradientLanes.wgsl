// What both gradients read by lanes.

fn qBlock(at: vec4u) -> Block {
  return Block(q[at[0]], q[at[1]], q[at[2]], q[at[3]]);
}

fn kBlock(at: vec4u) -> Block {
  return Block(k[at[0]], k[at[1]], k[at[2]], k[at[3]]);
}

fn vBlock(at: vec4u) -> Block {
  return Block(v[at[0]], v[at[1]], v[at[2]], v[at[3]]);
}

fn doutBlock(at: vec4u) -> Block {
  return Block(dout[at[0]], dout[at[1]], dout[at[2]], dout[at[3]]);
}
