import type { Round, Values } from "../numerics.ts";
import { eachRow, like, sumOf } from "./rows.ts";

/** `layer` takes the mean away and has a bias; `rms` has neither. */
export type NormKind = "layer" | "rms";

/** What a norm makes of x [rows, columns]; a mean and a 1 / √(variance + eps) for each row. The means of `rms` are 0. */
export interface Normed {
  readonly y: Values;
  readonly mean: Values;
  readonly rstd: Values;
}

/**
 * (x - mean) rstd weight + bias of each row, the variance taken about the mean. Ba, Kiros & Hinton (2016),
 * https://arxiv.org/abs/1607.06450; Zhang & Sennrich (2019), https://arxiv.org/abs/1910.07467; eps as PyTorch's.
 */
export function norm(
  kind: NormKind,
  { x, weight, bias }: { readonly x: Values; readonly weight: Values; readonly bias?: Values | undefined },
  eps: number,
  round: Round,
): Normed {
  const columns = weight.length;
  const rows = columns === 0 ? 0 : x.length / columns;
  const normed = { y: like(x), mean: like(x, rows), rstd: like(x, rows) };
  eachRow(x, columns, (row, at, r) => {
    const mean = kind === "layer" ? round(sumOf(row, round) / columns) : 0;
    const squares = row.map((value) => round(round(value - mean) ** 2));
    const variance = round(sumOf(squares, round) / columns);
    const rstd = round(1 / round(Math.sqrt(round(variance + round(eps)))));
    normed.mean[r] = mean;
    normed.rstd[r] = rstd;
    for (let c = 0; c < columns; c++) {
      const scaled = round(round(round((row[c] as number) - mean) * rstd) * (weight[c] as number));
      normed.y[at + c] = bias ? round(scaled + (bias[c] as number)) : scaled;
    }
  });
  return normed;
}

/** What the gradients of a norm are computed from. */
export interface NormGradientInputs {
  readonly x: Values;
  readonly weight: Values;
  readonly mean: Values;
  readonly rstd: Values;
  readonly dy: Values;
}

/** The gradient of a norm's input: rstd (g - mean g - n · mean of g n), g = dy weight, n = (x - mean) rstd. */
export function normGradient(kind: NormKind, { x, weight, mean, rstd, dy }: NormGradientInputs, round: Round): Values {
  const columns = weight.length;
  const dx = like(x);
  eachRow(x, columns, (row, at, r) => {
    const scale = rstd[r] as number;
    const normed = row.map((value) => round(round(value - (mean[r] as number)) * scale));
    const g = weight.map((value, c) => round((dy[at + c] as number) * value));
    const products = g.map((value, c) => round(value * (normed[c] as number)));
    const sum = kind === "layer" ? round(sumOf(g, round) / columns) : 0;
    const product = round(sumOf(products, round) / columns);
    for (let c = 0; c < columns; c++) {
      const centered = round((g[c] as number) - sum);
      dx[at + c] = round(scale * round(centered - round((normed[c] as number) * product)));
    }
  });
  return dx;
}

/** The gradients of a norm's weight, Σ dy n, and bias, Σ dy, over all rows. */
export function normWeightGradient(
  { x, weight, mean, rstd, dy }: NormGradientInputs,
  round: Round,
): { readonly dweight: Values; readonly dbias: Values } {
  const columns = weight.length;
  const dweight = like(x, columns);
  const dbias = like(x, columns);
  eachRow(x, columns, (row, at, r) => {
    for (let c = 0; c < columns; c++) {
      const gradient = dy[at + c] as number;
      const normed = round(round((row[c] as number) - (mean[r] as number)) * (rstd[r] as number));
      dweight[c] = round((dweight[c] as number) + round(gradient * normed));
      dbias[c] = round((dbias[c] as number) + gradient);
    }
  });
  return { dweight, dbias };
}
