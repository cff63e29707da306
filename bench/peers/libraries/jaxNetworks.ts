/** The networks in jax-js. Its functions take over their arguments: what is used once more is passed as `.ref`. */
import { lax, nn, numpy as np } from "@jax-js/jax";
import type { Network, Of } from "../task.ts";

type Weights = Readonly<Record<string, np.Array>>;

/** The loss of a batch, to be differentiated by its weights. */
export type LossOfBatch = (weights: Weights, x: np.Array, y: np.Array) => np.Array;

export function lossOf(network: Network): LossOfBatch {
  return (weights, x, y) =>
    crossEntropy(
      logitsOf(network, (name) => weightOf(weights, name), x),
      y,
    );
}

function weightOf(weights: Weights, name: string): np.Array {
  const found = weights[name];
  if (found) return found;
  throw new RangeError(`weights: there is no "${name}" (got ${Object.keys(weights).join(", ")}). Correct the name.`);
}

type Find = (name: string) => np.Array;

function logitsOf(network: Network, weights: Find, x: np.Array): np.Array {
  switch (network.kind) {
    case "mlp":
      return mlp(network, weights, x);
    case "transformer":
      return transformer(network, weights, x);
    case "cnn":
      return cnn(network, weights, x);
  }
}

function crossEntropy(logits: np.Array, y: np.Array): np.Array {
  const [rows, classes] = logits.shape as [number, number];
  return nn
    .logSoftmax(logits)
    .mul(nn.oneHot(y, classes))
    .sum()
    .mul(-1 / rows);
}

function mlp({ batch, sizes }: Of<"mlp">, weights: Find, images: np.Array): np.Array {
  let x = images.reshape([batch, sizes[0] as number]);
  for (let i = 0; i < sizes.length - 1; i++) {
    x = np.dot(i > 0 ? nn.relu(x) : x, weights(`layers.${i}.weight`)).add(weights(`layers.${i}.bias`));
  }
  return x;
}

function cnn({ batch, side }: Of<"cnn">, weights: Find, images: np.Array): np.Array {
  let x = images.reshape([batch, 1, side, side]);
  for (const layer of ["0", "3"]) {
    const bias = weights(`${layer}.bias`).reshape([-1, 1, 1]);
    const filtered = lax.convGeneralDilated(x, weights(`${layer}.weight`), [1, 1], "SAME").add(bias);
    x = lax.reduceWindow(nn.relu(filtered), np.max, [2, 2], [2, 2]);
  }
  return np.dot(x.reshape([batch, -1]), weights("7.weight")).add(weights("7.bias"));
}

function transformer(network: Of<"transformer">, weights: Find, ids: np.Array): np.Array {
  const { batch, characters, context, width, layers } = network;
  // The gradient of a gather, a scatter, does not compile under `jit` ("scatter input is not imm").
  const tokens = np.dot(nn.oneHot(ids, characters), weights("tokens.weight")).reshape([batch, context, width]);
  let stream = tokens.add(weights("positions")).reshape([batch * context, width]);
  for (let i = 0; i < layers; i++) {
    const of: Find = (name) => weights(`blocks.${i}.${name}`);
    const normed = norm(stream.ref, of("norm1.weight"), of("norm1.bias"));
    stream = stream.add(attention(network, of, normed));
    const expanded = np.dot(norm(stream.ref, of("norm2.weight"), of("norm2.bias")), of("mlp.expand.weight"));
    stream = stream.add(np.dot(nn.gelu(expanded, { approximate: false }), of("mlp.contract.weight")));
  }
  return np.dot(norm(stream, weights("norm.weight"), weights("norm.bias")), weights("head.weight"));
}

function attention({ batch, context, width, heads }: Of<"transformer">, of: Find, x: np.Array): np.Array {
  const parts = np.split(np.dot(x, of("attention.qkv.weight")), 3, 1);
  const [q, k, v] = parts.map((part) => part.reshape([batch, context, heads, width / heads])) as [
    np.Array,
    np.Array,
    np.Array,
  ];
  const found = nn.dotProductAttention(q, k, v, { isCausal: true }).reshape([batch * context, width]);
  return np.dot(found, of("attention.output.weight"));
}

const norm = (x: np.Array, weight: np.Array, bias: np.Array): np.Array =>
  nn.standardize(x, -1, { epsilon: 1e-5 }).mul(weight).add(bias);
