import { describe, expect, it } from "vitest";
import { losses } from "../../src/engine/index.ts";
import { differentiate, GraphError, input, type Tensor } from "../../src/graph/index.ts";
import { float32 } from "../../src/reference/index.ts";
import { run } from "../graph/runModel.ts";

const x = input("x", [2, 3], "float32");
const y = input("y", [2, 3], "float32");
const labels = input("labels", [2], "uint32");
const logits = [1, 2, 0.5, -1, 0, 3];
const targets = [0, 1, 0.25, 1, 0.5, 0];

const lse = (row: readonly number[]): number => Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0));
const rowsOf = (values: readonly number[]): number[][] => [values.slice(0, 3), values.slice(3)];
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe("losses", () => {
  it("crossEntropy", () => {
    const expected = mean(rowsOf(logits).map((row, i) => lse(row) - (row[[1, 0][i] as number] as number)));
    const [[found]] = run(
      [losses.crossEntropy(x, labels)],
      [
        [x, logits],
        [labels, [1, 0]],
      ],
    ) as [[number]];
    expect(found).toBeCloseTo(expected, 14);
  });

  it("crossEntropy with label smoothing", () => {
    const expected = mean(
      rowsOf(logits).map((row, i) => lse(row) - 0.9 * (row[[1, 0][i] as number] as number) - 0.1 * mean(row)),
    );
    const loss = losses.crossEntropy(x, labels, { labelSmoothing: 0.1 });
    const [[found]] = run(
      [loss],
      [
        [x, logits],
        [labels, [1, 0]],
      ],
    ) as [[number]];
    expect(found).toBeCloseTo(expected, 14);
  });

  it("crossEntropy of labels that are no class, which have no gradient and count where the batch is not padded", () => {
    const [first = []] = rowsOf(logits);
    const own = lse(first) - (first[1] as number);
    for (const [isPadded, given, expected, share] of [
      [false, [1, 0xffffffff], own / 2, 1 / 2],
      [true, [1, 0xffffffff], own, 1],
      [true, [1, 3], own, 1],
      [true, [3, 0xffffffff], 0, 0],
    ] as const) {
      const loss = losses.crossEntropy(x, labels, { isPadded });
      const [gradient] = differentiate(loss, [x]) as [Tensor];
      const [[found], slopes] = run(
        [loss, gradient],
        [
          [x, logits],
          [labels, given],
        ],
      ) as [[number], number[]];
      expect(found).toBeCloseTo(expected, 14);
      const ofFirst = first.map((z, c) => share * (Math.exp(z - lse(first)) - Number(c === 1)));
      expect(slopes.map((slope) => slope + 0)).toEqual([...ofFirst, 0, 0, 0].map((s) => expect.closeTo(s, 14)));
    }
  });

  it("mse", () => {
    const expected = mean(logits.map((value, i) => (value - (targets[i] as number)) ** 2));
    expect(
      run(
        [losses.mse(x, y)],
        [
          [x, logits],
          [y, targets],
        ],
      ),
    ).toEqual([[expect.closeTo(expected, 14)]]);
  });

  it("bce", () => {
    const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value));
    const each = logits.map((value, i) => {
      const target = targets[i] as number;
      return -target * Math.log(sigmoid(value)) - (1 - target) * Math.log(1 - sigmoid(value));
    });
    const loss = losses.bce(x, y);
    const [gradient] = differentiate(loss, [x]) as [Tensor];
    const [[found], slopes] = run(
      [loss, gradient],
      [
        [x, logits],
        [y, targets],
      ],
    ) as [[number], number[]];
    expect(found).toBeCloseTo(mean(each), 14);
    for (const [i, slope] of slopes.entries()) {
      expect(slope).toBeCloseTo((sigmoid(logits[i] as number) - (targets[i] as number)) / 6, 14);
    }
  });

  it("bce of large logits, and its slope at 0", () => {
    const loss = losses.bce(x, y);
    const [gradient] = differentiate(loss, [x]) as [Tensor];
    const far = [1e4, -1e4, 1e4, -1e4, 0, 0];
    const [[found], slopes] = run(
      [loss, gradient],
      [
        [x, far],
        [y, [1, 0, 0, 1, 1, 0]],
      ],
      float32,
    ) as [[number], number[]];
    expect(found).toBeCloseTo((2e4 + 2 * Math.LN2) / 6, 2);
    const sixth = expect.closeTo(1 / 6, 6);
    expect(slopes.map((slope) => slope + 0)).toEqual([
      0,
      0,
      sixth,
      expect.closeTo(-1 / 6, 6),
      ...[-1 / 12, 1 / 12].map((s) => expect.closeTo(s, 6)),
    ]);
  });

  it("kl, which is 0 where a target is", () => {
    const p = [0.5, 0, 0.5, 0.2, 0.3, 0.5];
    const logs = [-1, -2, -0.5, -1.5, -0.7, -3];
    const expected = p.reduce((sum, t, i) => sum + (t > 0 ? t * (Math.log(t) - (logs[i] as number)) : 0), 0) / 2;
    const loss = losses.kl(x, y);
    const gradients = differentiate(loss, [x, y]);
    const [[found], ofLogs, ofTargets] = run(
      [loss, ...gradients],
      [
        [x, logs],
        [y, p],
      ],
    ) as [[number], number[], number[]];
    expect(found).toBeCloseTo(expected, 14);
    expect(ofLogs.map((slope) => slope + 0)).toEqual(p.map((t) => expect.closeTo(-t / 2, 14)));
    expect(ofTargets.every(Number.isFinite)).toBe(true);
  });

  it("accuracy", () => {
    expect(
      run(
        [losses.accuracy(x, labels)],
        [
          [x, logits],
          [labels, [1, 0]],
        ],
      ),
    ).toEqual([[0.5]]);
  });

  it.each([
    ["mse", losses.mse],
    ["bce", losses.bce],
    ["kl", losses.kl],
  ] as const)("%s wants one shape", (name, loss) => {
    const column = input("column", [2, 1], "float32");
    expect(() => loss(x, column)).toThrow(GraphError);
    expect(() => loss(x, column)).toThrow(
      new RegExp(
        `^${name}: predictions and targets of different shapes \\(got \\[2, 3\\] and \\[2, 1\\]\\).*losses.test.ts`,
      ),
    );
  });
});
