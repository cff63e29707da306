import type { Round, Values } from "../numerics.ts";
import { eachRow, largestOf, like, sumOf } from "./rows.ts";

/** y = softmax(x) of each row of x [rows, columns], or its logarithm. Goodfellow, Bengio & Courville (2016), section 4.1. */
export function softmax(x: Values, columns: number, log: boolean, round: Round): Values {
  const y = like(x);
  eachRow(x, columns, (row, at) => {
    const largest = largestOf(row);
    const shifted = row.map((value) => round(value - largest));
    const powers = shifted.map((value) => round(Math.exp(value)));
    const total = sumOf(powers, round);
    const lse = round(Math.log(total));
    for (let c = 0; c < columns; c++) {
      y[at + c] = log ? round((shifted[c] as number) - lse) : round((powers[c] as number) / total);
    }
  });
  return y;
}

/** The gradient of softmax's input from its output y and dy: y (dy - Σ dy y), or dy - e^y Σ dy of its logarithm. */
export function softmaxGradient(y: Values, dy: Values, columns: number, log: boolean, round: Round): Values {
  const dx = like(y);
  eachRow(y, columns, (row, at) => {
    const gradient = dy.subarray(at, at + columns);
    const terms = log ? gradient : gradient.map((value, c) => round(value * (row[c] as number)));
    const sum = sumOf(terms, round);
    for (let c = 0; c < columns; c++) {
      const own = gradient[c] as number;
      const output = row[c] as number;
      dx[at + c] = log ? round(own - round(round(Math.exp(output)) * sum)) : round(output * round(own - sum));
    }
  });
  return dx;
}
