/** A block whose activations are computed again for the backward pass and not kept. */
export interface Region {
  readonly name: string;
}
