/** How sure a perceptron is of an answer, computed on the CPU: a handful of images is not worth a way through the GPU. */

type Weights = ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Float32Array }>;

/** The softmax share of class `guess` for one image: linear layers with ReLU between them. */
export function confidenceOf(weights: Weights, image: Float32Array, guess: number): number {
  let activations = image;
  for (let layer = 0; ; layer++) {
    const weight = weights.get(`layers.${layer}.weight`);
    const bias = weights.get(`layers.${layer}.bias`);
    if (!weight || !bias) break;
    if (layer > 0) activations = activations.map((value) => Math.max(0, value));
    activations = linear(activations, weight.data, bias.data);
  }
  const most = activations.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const exponentials = activations.map((logit) => Math.exp(logit - most));
  return (exponentials[guess] as number) / exponentials.reduce((a, b) => a + b, 0);
}

function linear(inputs: Float32Array, weight: Float32Array, bias: Float32Array): Float32Array {
  const outputs = bias.slice();
  inputs.forEach((input, row) => {
    if (input === 0) return; // Dark pixels and silent neurons: about half of all.
    const start = row * outputs.length;
    for (let column = 0; column < outputs.length; column++) {
      outputs[column] = (outputs[column] as number) + input * (weight[start + column] as number);
    }
  });
  return outputs;
}
