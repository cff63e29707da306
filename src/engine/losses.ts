import type { Tensor } from "../graph/index.ts";
import * as graph from "../graph/index.ts";

export interface CrossEntropyOptions {
  /** The share of a target that is spread evenly over all classes, from 0 to 1. */
  readonly labelSmoothing?: number;
  /** Whether labels may be no class, for rows that are there to fill the batch: those do not count in the mean. */
  readonly isPadded?: boolean;
}

/**
 * The mean of −log softmax(logits)[label], in nats: logits [..., classes], labels uint32 [...]. A label that is no class,
 * such as 0xffffffff, has loss and gradient 0. It counts in the mean, whose divisor is known before any step and costs no
 * kernel; where `isPadded` it does not, as in PyTorch, whose `ignore_index` it is then. A batch of such labels alone has the
 * loss 0 (in PyTorch NaN).
 *
 * Source: PyTorch's `cross_entropy`; label smoothing by Szegedy et al. (2015), section 7.
 */
export function crossEntropy(
  logits: Tensor,
  labels: Tensor,
  { labelSmoothing = 0, isPadded = false }: CrossEntropyOptions = {},
): Tensor {
  const losses = graph.crossEntropy(logits, labels, labelSmoothing);
  if (!isPadded) return graph.mean(losses);
  const counted = graph.sum(graph.less(graph.float(labels), logits.shape.at(-1) as number));
  return graph.div(graph.sum(losses), graph.maximum(counted, 1));
}

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
