import type { Round, Values } from "../numerics.ts";
import { largestOf, like, sumOf } from "./rows.ts";

/** q and o are [batches, queries, heads, depth], k and v [batches, keys, heads, depth]. */
export interface AttentionShape {
  readonly batches: number;
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
  readonly depth: number;
  /** Query i sees the keys up to i only. */
  readonly causal: boolean;
  readonly scale: number;
}

export interface AttentionArrays {
  readonly q: Values;
  readonly k: Values;
  readonly v: Values;
}

/**
 * o = softmax(scale q kᵀ) v of each batch and head, and the logarithms of the sums of exponentials [batches, heads, queries].
 * Vaswani et al. (2017), https://arxiv.org/abs/1706.03762, equation 1. Where there are no keys, o is 0.
 */
export function attention(
  { q, k, v }: AttentionArrays,
  shape: AttentionShape,
  round: Round,
): { readonly o: Values; readonly lse: Values } {
  const { batches, heads, queries, depth } = shape;
  const o = like(q);
  const lse = like(q, batches * heads * queries);
  eachQuery(shape, ({ query, keys, index }) => {
    const { weights, logOfSum } = weigh(q, query, k, keys, shape, round);
    lse[index] = logOfSum;
    for (const [j, key] of keys.entries()) addScaled(o, query, weights[j] as number, v, key, depth, round);
  });
  return { o, lse };
}

/** The gradients of q, k and v from that of o. Dao et al. (2022), https://arxiv.org/abs/2205.14135, appendix B.2. */
export function attentionGradient(
  { q, k, v }: AttentionArrays,
  { o, dout }: { readonly o: Values; readonly dout: Values },
  shape: AttentionShape,
  round: Round,
): { readonly dq: Values; readonly dk: Values; readonly dv: Values } {
  const { depth, scale } = shape;
  const gradients = { dq: like(q), dk: like(k), dv: like(v) };
  eachQuery(shape, ({ query, keys }) => {
    const { weights } = weigh(q, query, k, keys, shape, round);
    const delta = dot(dout, query, o, query, depth, round);
    for (const [j, key] of keys.entries()) {
      const weight = weights[j] as number;
      const slope = round(weight * round(dot(dout, query, v, key, depth, round) - delta));
      const scaled = round(round(scale) * slope);
      addScaled(gradients.dv, key, weight, dout, query, depth, round);
      addScaled(gradients.dk, key, scaled, q, query, depth, round);
      addScaled(gradients.dq, query, scaled, k, key, depth, round);
    }
  });
  return gradients;
}

/** Where a query's row is, where the rows of the keys that it sees are, and its place in [batches, heads, queries]. */
interface Seen {
  readonly query: number;
  readonly keys: readonly number[];
  readonly index: number;
}

function eachQuery(shape: AttentionShape, each: (seen: Seen) => void): void {
  const { batches, heads, queries, keys, depth, causal } = shape;
  const rowAt = (batch: number, time: number, times: number, head: number): number =>
    ((batch * times + time) * heads + head) * depth;
  for (let batch = 0; batch < batches; batch++) {
    for (let head = 0; head < heads; head++) {
      for (let i = 0; i < queries; i++) {
        const seen = Array.from({ length: causal ? Math.min(i + 1, keys) : keys }, (_, j) =>
          rowAt(batch, j, keys, head),
        );
        each({ query: rowAt(batch, i, queries, head), keys: seen, index: (batch * heads + head) * queries + i });
      }
    }
  }
}

/** The softmax of a query's scores. */
function weigh(
  q: Values,
  query: number,
  k: Values,
  keys: readonly number[],
  { depth, scale }: AttentionShape,
  round: Round,
): { readonly weights: Values; readonly logOfSum: number } {
  const scores = like(q, keys.length);
  for (const [j, key] of keys.entries()) scores[j] = round(dot(q, query, k, key, depth, round) * round(scale));
  const largest = largestOf(scores);
  const powers = scores.map((score) => round(Math.exp(round(score - largest))));
  const total = sumOf(powers, round);
  return {
    weights: powers.map((power) => round(power / total)),
    logOfSum: round(largest + round(Math.log(total))),
  };
}

function dot(a: Values, aAt: number, b: Values, bAt: number, length: number, round: Round): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum = round(sum + round((a[aAt + i] as number) * (b[bAt + i] as number)));
  return sum;
}

function addScaled(
  sum: Values,
  at: number,
  factor: number,
  values: Values,
  from: number,
  length: number,
  round: Round,
): void {
  for (let i = 0; i < length; i++) {
    sum[at + i] = round((sum[at + i] as number) + round(factor * (values[from + i] as number)));
  }
}
