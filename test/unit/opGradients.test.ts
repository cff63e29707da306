import { describe, expect, it } from "vitest";
import { randomSigned } from "../../src/numbers/random.ts";
import { float64 } from "../../src/reference/index.ts";
import { attention, attentionGradient } from "../../src/reference/ops/attention.ts";
import { crossEntropy, crossEntropyGradient } from "../../src/reference/ops/crossEntropy.ts";
import { norm, normGradient, normWeightGradient } from "../../src/reference/ops/norm.ts";
import { rotary } from "../../src/reference/ops/rotary.ts";
import { softmax, softmaxGradient } from "../../src/reference/ops/softmax.ts";

const random = (count: number, stream: number): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => randomSigned(11, stream, i));

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, i) => sum + value * (b[i] as number), 0);

/** The gradient is what central differences of Σ dy · forward() make of it, within 1e-6 of its largest element. */
function expectGradient(input: Float64Array, gradient: ArrayLike<number>, forward: () => number): void {
  const step = 1e-5;
  const largest = Math.max(...Array.from(gradient, Math.abs), 1e-3);
  expect(gradient.length).toBe(input.length);
  for (let i = 0; i < input.length; i++) {
    const value = input[i] as number;
    input[i] = value + step;
    const above = forward();
    input[i] = value - step;
    const below = forward();
    input[i] = value;
    expect(Math.abs((above - below) / (2 * step) - (gradient[i] as number)), `[${i}]`).toBeLessThan(1e-6 * largest);
  }
}

const shapes = [
  { rows: 3, columns: 5 },
  { rows: 1, columns: 1 },
  { rows: 2, columns: 8 },
];

describe.each(shapes)("rows $rows, columns $columns", ({ rows, columns }) => {
  const x = random(rows * columns, 0).map((value) => value * 3);
  const dy = random(rows * columns, 1);

  it.each([false, true])("softmax, log %s", (log) => {
    const forward = () => softmax(x, columns, log, float64);
    expectGradient(x, softmaxGradient(forward(), dy, columns, log, float64), () => dot(forward(), dy));
  });

  it.each([0, 0.1, 1])("cross-entropy, smoothing %s", (labelSmoothing) => {
    const shape = { rows, columns, labelSmoothing };
    // The last row is not counted.
    const labels = Uint32Array.from({ length: rows }, (_, r) => (r === 2 ? 0xffffffff : (r * 2) % columns));
    const dlosses = random(rows, 2);
    const forward = () => crossEntropy(x, labels, shape, float64);
    const gradient = crossEntropyGradient(x, labels, dlosses, shape, float64);
    expectGradient(x, gradient, () => dot(forward().losses, dlosses));
    if (rows > 2) expect(forward().losses[2]).toBe(0);
  });

  it.each(["layer", "rms"] as const)("%s norm", (kind) => {
    const weight = random(columns, 3);
    const bias = kind === "layer" ? random(columns, 4) : undefined;
    // A layer norm of one column divides nothing by √eps.
    const eps = 1e-2;
    const forward = () => norm(kind, { x, weight, bias }, eps, float64);
    const loss = () => dot(forward().y, dy);
    const inputs = { ...forward(), x, weight, dy };
    const { dweight, dbias } = normWeightGradient(inputs, float64);
    expectGradient(x, normGradient(kind, inputs, float64), loss);
    expectGradient(weight, dweight, loss);
    if (bias) expectGradient(bias, dbias, loss);
  });
});

describe.each([
  { batches: 2, heads: 2, queries: 3, keys: 3, depth: 4, causal: true, scale: 0.7 },
  { batches: 1, heads: 2, queries: 2, keys: 4, depth: 3, causal: false, scale: 1.3 },
])("attention of $queries queries and $keys keys", (shape) => {
  const { batches, heads, queries, keys, depth } = shape;
  const q = random(batches * heads * queries * depth, 5).map((value) => value * 2);
  const k = random(batches * heads * keys * depth, 6).map((value) => value * 2);
  const v = random(batches * heads * keys * depth, 7);
  const dout = random(q.length, 8);
  const forward = () => attention({ q, k, v }, shape, float64);
  const gradients = attentionGradient({ q, k, v }, { o: forward().o, dout }, shape, float64);

  it.each([
    ["queries", q, gradients.dq],
    ["keys", k, gradients.dk],
    ["values", v, gradients.dv],
  ] as const)("%s", (_, input, gradient) => expectGradient(input, gradient, () => dot(forward().o, dout)));
});

it("rotary's gradient is the turn back", () => {
  const shape = { times: 3, heads: 2, depth: 6, base: 100 };
  const x = random(2 * 3 * 2 * 6, 9);
  const dy = random(x.length, 10);
  const gradient = rotary(dy, { ...shape, inverse: true }, float64);
  expectGradient(x, gradient, () => dot(rotary(x, { ...shape, inverse: false }, float64), dy));
});
