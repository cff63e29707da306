import type { Tensor } from "../graph/index.ts";
import * as graph from "../graph/index.ts";

/**
 * The mean of −log softmax(logits)[label], in nats: logits [..., classes], labels uint32 [...]. A label that is no class
 * has loss 0, and counts in the mean.
 *
 * Source: PyTorch's `cross_entropy`; label smoothing by Szegedy et al. (2015), section 7.
 */
export const crossEntropy = (logits: Tensor, labels: Tensor, { labelSmoothing = 0 } = {}): Tensor =>
  graph.mean(graph.crossEntropy(logits, labels, labelSmoothing));

/** The mean of (predictions − targets)². The shapes are the same. */
export function mse(predictions: Tensor, targets: Tensor): Tensor {
  sameShape("mse", predictions, targets);
  return graph.mean(graph.square(graph.sub(predictions, targets)));
}

/**
 * The mean binary cross-entropy of logits with targets from 0 to 1, in nats: −t log σ(x) − (1 − t) log(1 − σ(x)), each
 * logarithm as a softplus, which neither overflows nor cancels. PyTorch's `binary_cross_entropy_with_logits`.
 */
export function bce(logits: Tensor, targets: Tensor): Tensor {
  sameShape("bce", logits, targets);
  const ofOnes = graph.mul(targets, graph.softplus(graph.neg(logits)));
  const ofZeros = graph.mul(graph.sub(1, targets), graph.softplus(logits));
  return graph.mean(graph.add(ofOnes, ofZeros));
}

/**
 * The divergence Σ t (log t − logProbabilities) from the targets, which are probabilities, over the first side; 0 where t
 * is 0. PyTorch's `kl_div` with `reduction="batchmean"`.
 */
export function kl(logProbabilities: Tensor, targets: Tensor): Tensor {
  sameShape("kl", logProbabilities, targets);
  const isSome = graph.less(0, targets);
  const logTargets = graph.log(graph.where(isSome, targets, 1));
  const terms = graph.mul(targets, graph.sub(logTargets, logProbabilities));
  return graph.div(graph.sum(graph.where(isSome, terms, 0)), targets.shape[0] ?? 1);
}

/** The share of rows whose largest logit is the label's: a measure, without a gradient. */
export const accuracy = (logits: Tensor, labels: Tensor): Tensor =>
  graph.mean(graph.equal(graph.argmax(logits), labels));

function sameShape(loss: string, a: Tensor, b: Tensor): void {
  const [first, second] = [a, b].map(({ shape }) => `[${shape.join(", ")}]`);
  graph.demand(
    first === second,
    () => `${loss}: predictions and targets of different shapes (got ${first} and ${second}). Reshape one of them.`,
  );
}
