import { exponential } from "../exponential.ts";
import { float64, type Round, type Values } from "../numerics.ts";
import { eachRow, largestOf, like, sumOf } from "./rows.ts";

/** The sizes of logits [rows, columns], and the share of the target that is spread evenly over all columns. */
export interface CrossEntropyShape {
  readonly rows: number;
  readonly columns: number;
  readonly labelSmoothing: number;
}

/**
 * -Σ t ln softmax(z) of each row, in nats, with t = (1 - σ) [c = label] + σ / C; 0 where the label is no column. And the
 * logarithms of the sums of exponentials. Szegedy et al. (2015), https://arxiv.org/abs/1512.00567, section 7.
 */
export function crossEntropy(
  logits: Values,
  labels: Uint32Array,
  { rows, columns, labelSmoothing }: CrossEntropyShape,
  round: Round,
): { readonly losses: Values; readonly lse: Values } {
  const losses = like(logits, rows);
  const lse = like(logits, rows);
  eachRow(logits, columns, (row, _, r) => {
    const label = labels[r] as number;
    const largest = largestOf(row);
    const shifted = row.map((value) => round(value - largest));
    const powers = shifted.map((value) => round(Math.exp(value)));
    const log = round(Math.log(sumOf(powers, round)));
    lse[r] = round(largest + log);
    if (label >= columns) return;
    const own = round(round(1 - labelSmoothing) * (shifted[label] as number));
    const spread = round(round(labelSmoothing) * round(sumOf(shifted, round) / columns));
    losses[r] = round(round(log - own) - spread);
  });
  return { losses, lse };
}

/** As the kernels have it, but for the oracle, where the polynomial's own error would show. */
const power = (x: number, round: Round): number => (round === float64 ? Math.exp(x) : exponential(x, round));

/**
 * The gradient of the logits from that of the losses: dloss (softmax(z) - t); 0 where the label is no column. With the
 * kernels' own exponential and in the order in which forward and gradient run as one, for an update rule that divides by
 * the size of a gradient makes much of one that is all rounding.
 */
export function crossEntropyGradient(
  logits: Values,
  labels: Uint32Array,
  dlosses: Values,
  { columns, labelSmoothing }: CrossEntropyShape,
  round: Round,
): Values {
  const dlogits = like(logits);
  eachRow(logits, columns, (row, at, r) => {
    const label = labels[r] as number;
    if (label >= columns) return;
    const largest = largestOf(row);
    const powers = row.map((value) => power(round(value - largest), round));
    const total = sumOf(powers, round);
    for (let c = 0; c < columns; c++) {
      const p = round((powers[c] as number) / total);
      const target = round((c === label ? round(1 - labelSmoothing) : 0) + round(round(labelSmoothing) / columns));
      dlogits[at + c] = round((dlosses[r] as number) * round(p - target));
    }
  });
  return dlogits;
}
