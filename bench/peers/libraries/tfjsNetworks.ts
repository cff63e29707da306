/** The networks in TensorFlow.js, images with their channels last as it wants them. */
import * as tf from "@tensorflow/tfjs-core";
import type { Network, Of, TrainingTask } from "../task.ts";

type Variables = (name: string) => tf.Variable;
type Numbers = Float32Array | Uint32Array;

/** The loss of a batch, to be called inside of `minimize`. */
export type LossOfBatch = (x: Numbers, y: Uint32Array) => tf.Scalar;

/** The weights as variables: by shrinkstep's name, and all of them. */
export function variablesOf({ network, weights }: TrainingTask): { weights: Variables; all: tf.Variable[] } {
  const named = new Map<string, tf.Variable>();
  for (const [name, { shape, data }] of weights) {
    named.set(
      name,
      tf.tidy(() => tf.variable(inItsOrder(network, tf.tensor(data, [...shape])))),
    );
  }
  const find = (name: string): tf.Variable => {
    const found = named.get(name);
    if (found) return found;
    throw new RangeError(`weights: there is no "${name}" (got ${[...named.keys()].join(", ")}). Correct the name.`);
  };
  return { weights: find, all: [...named.values()] };
}

/** Windows [out, in, height, width] become [height, width, in, out]; what reads channels-first pixels, channels-last ones. */
function inItsOrder(network: Network, weight: tf.Tensor): tf.Tensor {
  if (weight.rank === 4) return tf.transpose(weight, [2, 3, 1, 0]);
  if (network.kind !== "cnn" || weight.rank !== 2) return weight;
  const side = network.side / 4;
  const [features, classes] = weight.shape as [number, number];
  const planes = tf.reshape(weight, [features / (side * side), side, side, classes]);
  return tf.reshape(tf.transpose(planes, [1, 2, 0, 3]), [features, classes]);
}

export function lossOf(network: Network, weights: Variables): LossOfBatch {
  switch (network.kind) {
    case "mlp":
      return (x, y) => crossEntropy(mlp(network, weights, x as Float32Array), y);
    case "transformer": {
      const mask = causalMask(network.context);
      return (x, y) => crossEntropy(transformer(network, weights, x, mask), y);
    }
    case "cnn":
      return (x, y) => crossEntropy(cnn(network, weights, x as Float32Array), y);
  }
}

function crossEntropy(logits: tf.Tensor, y: Uint32Array): tf.Scalar {
  const classes = logits.shape.at(-1) as number;
  const targets = tf.oneHot(tf.tensor1d(Int32Array.from(y), "int32"), classes);
  return tf.losses.softmaxCrossEntropy(targets, logits);
}

/** In gradients the library fuses a bias into a product, but no activation. */
const linear = (x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor): tf.Tensor =>
  tf.fused.matMul({ a: x as tf.Tensor2D, b: weight as tf.Tensor2D, bias });

function mlp({ batch, sizes }: Of<"mlp">, weights: Variables, images: Float32Array): tf.Tensor {
  let x: tf.Tensor = tf.tensor2d(images, [batch, sizes[0] as number], "float32");
  for (let i = 0; i < sizes.length - 1; i++) {
    x = linear(i > 0 ? tf.relu(x) : x, weights(`layers.${i}.weight`), weights(`layers.${i}.bias`));
  }
  return x;
}

function cnn({ batch, side }: Of<"cnn">, weights: Variables, images: Float32Array): tf.Tensor {
  let x: tf.Tensor4D = tf.tensor4d(images, [batch, side, side, 1], "float32");
  for (const layer of ["0", "3"]) {
    const filtered = tf.conv2d(x, weights(`${layer}.weight`) as tf.Variable<tf.Rank.R4>, 1, "same");
    x = tf.maxPool(tf.relu(tf.add(filtered, weights(`${layer}.bias`))) as tf.Tensor4D, 2, 2, "valid");
  }
  return linear(tf.reshape(x, [batch, -1]), weights("7.weight"), weights("7.bias"));
}

/** Rows of the stream are [batch · context, width]: products of two matrices, and not of stacks of them. */
function transformer(network: Of<"transformer">, weights: Variables, ids: Numbers, mask: tf.Tensor): tf.Tensor {
  const { batch, context, width, layers } = network;
  const tokens = embedded(network, weights("tokens.weight"), ids);
  const placed = tf.add(tf.reshape(tokens, [batch, context, width]), weights("positions"));
  let stream: tf.Tensor = tf.reshape(placed, [batch * context, width]);
  for (let i = 0; i < layers; i++) {
    const of = (name: string): tf.Variable => weights(`blocks.${i}.${name}`);
    const attended = attention(network, of, norm(stream, of("norm1.weight"), of("norm1.bias")), mask);
    stream = tf.add(stream, attended);
    const normed = norm(stream, of("norm2.weight"), of("norm2.bias"));
    const expanded = gelu(tf.matMul(normed, of("mlp.expand.weight")));
    stream = tf.add(stream, tf.matMul(expanded, of("mlp.contract.weight")));
  }
  return tf.matMul(norm(stream, weights("norm.weight"), weights("norm.bias")), weights("head.weight"));
}

/** [context, context]: 0 where a time may look, −10⁹ where it may not. */
const causalMask = (context: number): tf.Tensor => {
  const rows = Array.from({ length: context }, (_, time) =>
    Array.from({ length: context }, (_, seen) => (seen <= time ? 0 : -1e9)),
  );
  return tf.tensor2d(rows);
};

/**
 * A product, though `tf.gather` would do: on a software adapter the small transformer's step takes 1.0 s so and 1.5 s with the
 * gather's gradient, which the WASM back end does not have at all.
 */
function embedded({ characters }: Of<"transformer">, table: tf.Variable, ids: Numbers): tf.Tensor {
  const rows = tf.oneHot(tf.tensor1d(Int32Array.from(ids), "int32"), characters);
  return tf.matMul(tf.cast(rows, "float32"), table);
}

function attention(
  { batch, context, width, heads }: Of<"transformer">,
  of: (name: string) => tf.Variable,
  x: tf.Tensor,
  mask: tf.Tensor,
): tf.Tensor {
  const side = width / heads;
  const [q, k, v] = tf.split(tf.matMul(x, of("attention.qkv.weight")), 3, -1).map((part) => {
    return tf.transpose(tf.reshape(part, [batch, context, heads, side]), [0, 2, 1, 3]);
  }) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const scores = tf.add(tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(side)), mask);
  const found = tf.transpose(tf.matMul(tf.softmax(scores), v), [0, 2, 1, 3]);
  return tf.matMul(tf.reshape(found, [batch * context, width]), of("attention.output.weight"));
}

function norm(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor): tf.Tensor {
  const { mean, variance } = tf.moments(x, -1, true);
  const unit = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5)));
  return tf.add(tf.mul(unit, weight), bias);
}

/** x Φ(x), by the error function. */
const gelu = (x: tf.Tensor): tf.Tensor => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
