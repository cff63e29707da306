/** Where training with weight decay ends up: fixed points, the prior, the box, norms. The reference in float64. */

import { describe, expect, test } from "vitest";
import { randomNormal } from "../../src/numbers/random.ts";
import type { RowHyper, RuleName } from "../parity/table.ts";
import { distance, end, norm, type Run, run } from "./lawsRun.ts";

const cosine = (peak: number, total: number) => (t: number) => ({
  lr: peak * 0.5 * (1 + Math.cos((Math.PI * (t - 1)) / total)),
});

describe("under a constant gradient of 0.7, with λ = 0.5,", () => {
  const pushed = { start: [1], gradient: () => [0.7] };
  const lambda = 0.5;

  test.each<[string, RuleName, RowHyper, number]>([
    ["SGD with L2", "sgd", { lr: 0.1 }, 1000],
    ["SGD with L2 and momentum", "sgd", { lr: 0.1, momentum: 0.9 }, 1000],
    ["SGD with L2 and Nesterov's momentum", "sgd", { lr: 0.1, momentum: 0.9, nesterov: true }, 1000],
    ["SGD with decoupled decay", "sgdw", { lr: 0.1 }, 1000],
    ["Adam with L2", "adam", { lr: 0.01 }, 20_000],
  ])("%s comes to rest at -g/λ = -1.4", (_, rule, hyper, steps) => {
    // Float64's rounding, over the 20 steps that the weight remembers.
    expect(distance(end({ ...pushed, rule, hyper: { ...hyper, weightDecay: lambda }, steps }), [-1.4])).toBeLessThan(
      1e-14,
    );
  });

  test("AdamW comes to rest at -sign(g)/λ = -2, and nearer by what eps takes off the step", () => {
    const [p] = end({ ...pushed, rule: "adamw", hyper: { lr: 0.01, weightDecay: lambda }, steps: 10_000 });
    expect(p).toBeCloseTo(-1.99999997, 8);
    // u = g / (|g| + eps)
    expect(Math.abs(p! + 0.7 / (0.7 + 1e-8) / lambda)).toBeLessThan(1e-13);
  });

  test("AdamW's rest does not know the gradient's size", () => {
    for (const g of [1e-3, 0.7, 1e3]) {
      const [p] = end({
        ...pushed,
        gradient: () => [g],
        rule: "adamw",
        hyper: { lr: 0.01, weightDecay: lambda },
        steps: 10_000,
      });
      // eps is 1e-5 of the smallest gradient.
      expect(Math.abs(p! + 2)).toBeLessThan(3e-5);
    }
  });

  test("decoupled decay does not grow with the velocity: momentum 0.9 moves SGDW's rest tenfold, to -14", () => {
    const hyper = { lr: 0.1, momentum: 0.9, weightDecay: lambda };
    expect(distance(end({ ...pushed, rule: "sgdw", hyper, steps: 2000 }), [-14])).toBeLessThan(1e-13);
  });

  test.each<[RuleName, number]>([
    ["sgd", 0.07],
    ["sgdw", 0.07],
    ["adam", 0.1],
    ["adamw", 0.1],
  ])("%s without decay never rests: it goes on by %d a step", (rule, stride) => {
    const at = (steps: number) => end({ ...pushed, rule, hyper: { lr: 0.1, weightDecay: 0 }, steps })[0]!;
    expect((at(1000) - at(2000)) / 1000).toBeCloseTo(stride, 6);
  });
});

/** Least squares, ½ mean (y - Xw)², in four unknowns: H w - c is its gradient. */
const design = Array.from({ length: 40 }, (_, i) =>
  Array.from({ length: 4 }, (_, j) => randomNormal(11, 1, i * 4 + j)),
);
const targets = design.map(([a, b, c, d], i) => a! - 2 * b! + 3 * c! + 0.5 * d! + 0.3 * randomNormal(11, 2, i));
const mean = (f: (row: number[], i: number) => number): number =>
  design.reduce((sum, row, i) => sum + f(row, i), 0) / design.length;
const hessian = [0, 1, 2, 3].map((j) => [0, 1, 2, 3].map((k) => mean((row) => row[j]! * row[k]!)));
const pull = [0, 1, 2, 3].map((j) => mean((row, i) => row[j]! * targets[i]!));
const leastSquares: Run["gradient"] = (_, w) =>
  pull.map((c, j) => hessian[j]!.reduce((sum, h, k) => sum + h * w[k]!, -c));

/** (XᵀX/n + λI)⁻¹ Xᵀy/n, by Gauss and Jordan. */
function ridge(lambda: number): number[] {
  const rows = hessian.map((row, j) => [...row.map((h, k) => (j === k ? h + lambda : h)), pull[j]!]);
  for (const [k, pivot] of rows.entries()) {
    for (const [j, row] of rows.entries()) {
      if (j === k) continue;
      const factor = row[k]! / pivot[k]!;
      for (let column = 0; column < row.length; column++) row[column]! -= factor * pivot[column]!;
    }
  }
  return rows.map((row, k) => row[4]! / row[k]!);
}

describe("on least squares with λ = 0.3", () => {
  const problem = { start: [0, 0, 0, 0], gradient: leastSquares };
  const lambda = 0.3;

  test.each<[string, RuleName, RowHyper, Run["vary"], number]>([
    ["SGD with L2", "sgd", { lr: 0.1 }, undefined, 1e-14],
    ["SGD with L2 and Nesterov's momentum", "sgd", { lr: 0.1, momentum: 0.9, nesterov: true }, undefined, 1e-14],
    ["SGDW without momentum", "sgdw", { lr: 0.1 }, undefined, 1e-14],
    ["Adam with L2 and a cosine schedule", "adam", {}, cosine(0.05, 4000), 1e-14],
    // A constant step leaves Adam in a small circle: optimizers.md has 1.5e-4.
    ["Adam with L2", "adam", { lr: 0.01 }, undefined, 1e-5],
  ])("%s reaches the ridge solution", (_, rule, hyper, vary, bound) => {
    const w = end({ ...problem, rule, hyper: { ...hyper, weightDecay: lambda }, ...(vary && { vary }), steps: 10_000 });
    expect(distance(w, ridge(lambda))).toBeLessThan(bound);
  });

  test("a Gaussian prior of variance σ² on the weights is λ = 1/(nσ²): its likeliest weights are SGD's", () => {
    const [n, variance] = [design.length, 0.08];
    const w = end({ ...problem, rule: "sgd", hyper: { lr: 0.1, weightDecay: 1 / (n * variance) }, steps: 1000 });
    // The posterior's slope, Xᵀ(y - Xw) - w/σ², must vanish there, and does not where the prior is left out.
    const slope = (at: ArrayLike<number>) => leastSquares(0, Float64Array.from(at)) as number[];
    const posterior = (at: ArrayLike<number>) => slope(at).map((g, j) => -n * g - at[j]! / variance);
    expect(norm(posterior(w))).toBeLessThan(1e-12);
    expect(norm(posterior(ridge(0)))).toBeGreaterThan(10);
  });

  test("SGDW with momentum 0.9 reaches the ridge solution of a tenth of its λ", () => {
    const hyper = { lr: 0.1, momentum: 0.9, weightDecay: lambda };
    const w = end({ ...problem, rule: "sgdw", hyper, steps: 2000 });
    expect(distance(w, ridge(lambda / 10))).toBeLessThan(1e-14);
    expect(distance(w, ridge(lambda))).toBeGreaterThan(0.5);
  });

  /** A short memory of the squares, so that the last part of the way is not slow. */
  const adamw = (weightDecay: number) =>
    end({ ...problem, rule: "adamw", hyper: { lr: 2e-3, beta2: 0.99, weightDecay }, steps: 20_000 });

  test("AdamW does not: while the solution fits the box ‖w‖∞ ≤ 1/λ, it goes to least squares without a penalty", () => {
    const w = adamw(0.2);
    // It circles the solution at a tenth of a step's size.
    expect(distance(w, ridge(0))).toBeLessThan(2e-4);
    expect(distance(w, ridge(0.2))).toBeGreaterThan(0.5);
  });

  test("AdamW goes to the best weights in the box ‖w‖∞ ≤ 1/λ where the solution does not fit it", () => {
    const w = adamw(1);
    const g = leastSquares(0, w);
    expect(norm(ridge(0))).toBeGreaterThan(3);
    expect(distance(w.slice(0, 3), [1, -1, 1])).toBeLessThan(1e-6);
    expect(w[3]).toBeCloseTo(0.199, 3);
    // Kuhn and Tucker: at a wall the descent points through it, inside there is none.
    for (const j of [0, 1, 2]) expect(-g[j]! * w[j]!).toBeGreaterThan(0.1);
    expect(Math.abs(g[3]!)).toBeLessThan(2e-4);
  });
});

/** Two classes that a line tells apart, each point times its class: the loss, mean log(1 + e^-zw), has no minimum. */
const points = Array.from({ length: 30 }, (_, i) => {
  const side = i % 2 ? 1 : -1;
  return [1 + Math.abs(randomNormal(12, 1, i)), 0.5 + 0.5 * side * randomNormal(12, 2, i)];
});
const logistic: Run["gradient"] = (_, w) => {
  const weight = points.map((z) => -1 / (1 + Math.exp(z[0]! * w[0]! + z[1]! * w[1]!)) / points.length);
  return [0, 1].map((j) => points.reduce((sum, z, i) => sum + weight[i]! * z[j]!, 0));
};

describe("on two classes that a line separates", () => {
  const normsAt = (rule: RuleName, hyper: RowHyper, at: number[]): number[] => {
    const norms: number[] = [];
    run({ rule, hyper, start: [0, 0], gradient: logistic, steps: Math.max(...at) }, (t, { param }) => {
      if (at.includes(t)) norms.push(norm(param));
    });
    return norms;
  };

  test.each<[RuleName, number]>([
    ["sgd", 1],
    ["sgdw", 1],
    ["adam", 0.01],
    ["adamw", 0.01],
  ])("%s without decay lets the weights grow for ever, at lr %d", (rule, lr) => {
    const norms = normsAt(rule, { lr, weightDecay: 0 }, [300, 3000, 30_000]);
    // Like log t at least: every tenfold time adds as much again.
    expect(norms[1]! - norms[0]!).toBeGreaterThan(1.5);
    expect(norms[2]! - norms[1]!).toBeGreaterThan(1.5);
  });

  test.each<[RuleName, number]>([
    ["sgd", 1],
    ["sgdw", 1],
    ["adam", 0.01],
  ])("%s with λ = 0.01 stops at the minimum, inside (λ/2)‖w‖² ≤ log 2", (rule, lr) => {
    const norms = normsAt(rule, { lr, weightDecay: 0.01 }, [10_000, 20_000]);
    expect(Math.abs(norms[1]! - norms[0]!)).toBeLessThan(1e-6);
    expect(norms[1]).toBeCloseTo(2.5286, 3);
    // The loss at w = 0 is log 2, and the minimum is no worse.
    expect(norms[1]!).toBeLessThan(Math.sqrt((2 * Math.log(2)) / 0.01));
  });

  test("AdamW with λ = 0.2 stays inside its box: ‖w‖∞ never passes 1/λ = 5, and without decay it does", () => {
    const largest = (weightDecay: number): number => {
      let most = 0;
      const hyper = { lr: 0.01, weightDecay };
      run({ rule: "adamw", hyper, start: [0, 0], gradient: logistic, steps: 20_000 }, (_, { param }) => {
        most = Math.max(most, ...param.map(Math.abs));
      });
      return most;
    };
    // The gradients fade slowly, so that no step is longer than lr.
    expect(largest(0.2)).toBeLessThanOrEqual(5);
    expect(largest(0)).toBeGreaterThan(10);
  });
});

describe("where only the direction of the weights matters, as before a normalization,", () => {
  const n = 16;
  /** Noise at right angles to w, and inversely as large as w: the gradient of a function of w / ‖w‖. */
  const turning: Run["gradient"] = (t, w) => {
    const size = norm(w);
    const noise = Array.from({ length: n }, (_, i) => randomNormal(13, t, i));
    const along = noise.reduce((sum, x, i) => sum + x * w[i]!, 0) / size;
    return noise.map((x, i) => (x - (along * w[i]!) / size) / size);
  };
  const start = Array.from({ length: n }, (_, i) => 1 + i / n);
  const lr = 0.1;

  test("without decay every step lengthens them", () => {
    let before = norm(start);
    run({ rule: "sgd", hyper: { lr, weightDecay: 0 }, start, gradient: turning, steps: 1000 }, (_, { param }) => {
      expect(norm(param)).toBeGreaterThan(before);
      before = norm(param);
    });
  });

  test.each([0.1, 0.01])("with λ = %d decay and noise balance at ‖g‖/‖w‖ = √(2λ/lr)", (weightDecay) => {
    let [squares, count] = [0, 0];
    const steps = 20_000;
    run({ rule: "sgd", hyper: { lr, weightDecay }, start, gradient: turning, steps }, (t, { param }) => {
      if (t <= steps / 4) return;
      squares += norm(turning(t + 1, param)) ** 2 / norm(param) ** 2;
      count += 1;
    });
    const ratio = Math.sqrt(squares / count) / Math.sqrt((2 * weightDecay) / lr);
    // First order in lr λ <= 0.01, and a mean over about 150 times 1 / (lr λ) at the least.
    expect(Math.abs(ratio - 1)).toBeLessThan(0.02);
  });
});
