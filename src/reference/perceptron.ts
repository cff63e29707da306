import { exponential } from "./exponential.ts";
import type { Round, Values } from "./numerics.ts";

/** A linear layer's parameters and their gradients, which are overwritten: weight [inputs, outputs], row-major. */
export interface LinearLayer {
  readonly inputs: number;
  readonly outputs: number;
  readonly weight: { readonly param: Values; readonly grad: Values };
  readonly bias: { readonly param: Values; readonly grad: Values };
}

/** What a batch was like: the mean cross-entropy in nats, the rows predicted right, and the class of each. */
export interface BatchMetrics {
  readonly loss: number;
  readonly right: number;
  readonly predictions: Uint32Array;
}

/**
 * Forward, loss and backward of a perceptron on one batch: linear layers with ReLU between them, softmax cross-entropy
 * over the last. Writes the gradients of the batch's mean loss. `x` is [rows, features] and `y` the classes.
 *
 * Sums run in the order of the shaders in `shaders/engine/`, so with `Math.fround` the gradients are those of an IEEE
 * GPU to the bit; the loss is only close, for it is added up in another order and takes the host's logarithm.
 *
 * Source: Goodfellow, Bengio & Courville, "Deep Learning" (2016), algorithms 6.3 and 6.4.
 */
export function perceptron(layers: readonly LinearLayer[], x: Values, y: Uint32Array, round: Round): BatchMetrics {
  const rows = y.length;
  const activations = [x];
  for (const [i, layer] of layers.entries()) {
    const output = linear(activations[i] as Values, layer, rows, round);
    activations.push(i < layers.length - 1 ? output.map((value) => Math.max(value, 0)) : output);
  }
  let dy = activations.pop() as Values;
  const metrics = softmaxCrossEntropy(dy, y, round);
  for (const [i, layer] of [...layers.entries()].reverse()) {
    const input = activations[i] as Values;
    weightGradient(input, dy, layer, rows, round);
    if (i > 0) dy = inputGradient(dy, layer, rows, round).map((value, at) => ((input[at] as number) > 0 ? value : 0));
  }
  return metrics;
}

/** y[m, n] = Σₖ x[m, k] w[k, n] + b[n] */
export function linear(x: Values, { inputs, outputs, weight, bias }: LinearLayer, rows: number, round: Round): Values {
  const y = zeros(weight.param, rows * outputs);
  for (let m = 0; m < rows; m++) {
    const row = y.subarray(m * outputs, (m + 1) * outputs);
    for (let k = 0; k < inputs; k++) addScaled(row, x[m * inputs + k] as number, weight.param, k * outputs, round);
    addScaled(row, 1, bias.param, 0, round);
  }
  return y;
}

/** dw[k, n] = Σₘ x[m, k] dy[m, n] and db[n] = Σₘ dy[m, n] */
export function weightGradient(
  x: Values,
  dy: Values,
  { inputs, outputs, weight, bias }: LinearLayer,
  rows: number,
  round: Round,
): void {
  weight.grad.fill(0);
  bias.grad.fill(0);
  for (let k = 0; k < inputs; k++) {
    const row = weight.grad.subarray(k * outputs, (k + 1) * outputs);
    for (let m = 0; m < rows; m++) addScaled(row, x[m * inputs + k] as number, dy, m * outputs, round);
  }
  for (let m = 0; m < rows; m++) addScaled(bias.grad, 1, dy, m * outputs, round);
}

/** dx[m, k] = Σₙ dy[m, n] w[k, n] */
export function inputGradient(
  dy: Values,
  { inputs, outputs, weight }: LinearLayer,
  rows: number,
  round: Round,
): Values {
  const dx = zeros(dy, rows * inputs);
  for (let m = 0; m < rows; m++) {
    for (let k = 0; k < inputs; k++) {
      let sum = 0;
      for (let n = 0; n < outputs; n++) {
        sum = round(sum + round((dy[m * outputs + n] as number) * (weight.param[k * outputs + n] as number)));
      }
      dx[m * inputs + k] = sum;
    }
  }
  return dx;
}

/** Leaves in place of the logits z the loss's gradient dz[m, c] = (softmax(z)[m, c] - [c = y[m]]) / rows. */
export function softmaxCrossEntropy(z: Values, y: Uint32Array, round: Round): BatchMetrics {
  const rows = y.length;
  const classes = z.length / rows;
  const predictions = new Uint32Array(rows);
  let loss = 0;
  let right = 0;
  for (let m = 0; m < rows; m++) {
    const row = z.subarray(m * classes, (m + 1) * classes);
    const label = y[m] as number;
    const largest = Math.max(...row);
    const zlabel = round((row[label] as number) - largest);
    const predicted = row.indexOf(largest);
    let total = 0;
    for (let c = 0; c < classes; c++) {
      row[c] = exponential(round((row[c] as number) - largest), round);
      total = round(total + (row[c] as number));
    }
    for (let c = 0; c < classes; c++) {
      const p = round((row[c] as number) / total);
      row[c] = round(round(p - (c === label ? 1 : 0)) / rows);
    }
    predictions[m] = predicted;
    loss += Math.log(total) - zlabel;
    right += predicted === label ? 1 : 0;
  }
  return { loss: loss / rows, right, predictions };
}

/** sum[i] += factor · values[from + i] */
function addScaled(sum: Values, factor: number, values: Values, from: number, round: Round): void {
  for (let i = 0; i < sum.length; i++) {
    sum[i] = round((sum[i] as number) + round(factor * (values[from + i] as number)));
  }
}

/** Zeros of the same kind of numbers. */
function zeros(like: Values, length: number): Values {
  return like instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
}
