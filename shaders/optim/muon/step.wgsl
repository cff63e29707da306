// The update. `orthogonal` is O, already longer by what the matrix's sides ask for.

fn update(at: Place, h: Hyper) {
  let step = h.lr * orthogonal[at.state];
  storeParam(at, shrinkThenStep(loadParam(at), at, h.decay, h.keep, step));
}
