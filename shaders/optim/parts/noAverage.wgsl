// No average of the weights is kept.

fn average(at: Place, p: Wide) {}
