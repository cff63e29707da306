/** Each convention of weight decay is a named form, and comes down to one number: the shrink of a step. */
import { describe, expect, test } from "vitest";
import {
  adam,
  adamw,
  cosine,
  type Decay,
  decayByHalfLife,
  decayBySchedule,
  decayByTimescale,
  decayCorrected,
  decayPerStep,
  HyperparameterError,
  normalizedWeightDecay,
  type Scalar,
  scheduleFreeAdamw,
  scheduleFreeSgd,
  sgd,
  sgdw,
  weightDecayFromPrior,
} from "../../src/optim/index.ts";

const decoupled = [
  ["sgdw", sgdw],
  ["adamw", adamw],
] as const;

describe.each(decoupled)("%s", (_, rule) => {
  /** What the kernel is given as the share of a weight that step t takes. */
  function shrink(weightDecay: Scalar | Decay, lr: Scalar, t = 1): number {
    const made = rule({ lr, weightDecay });
    return made.scalars(made.hyperAt(t), t).decay as number;
  }
  const falling = cosine({ peak: 0.01, total: 100 });

  test("a decay per step does not ask for the learning rate (Hanson & Pratt)", () => {
    for (const lr of [1e-5, 0.1, falling]) expect(shrink(decayPerStep(1e-4), lr, 70)).toBeCloseTo(1e-4, 18);
    expect(
      shrink(
        decayPerStep((t) => 1e-3 / t),
        0.01,
        4,
      ),
    ).toBeCloseTo(2.5e-4, 18);
  });

  test("a half-life of n steps leaves a half after n of them", () => {
    for (const n of [1, 10, 693, 69_314]) {
      expect((1 - shrink(decayByHalfLife(n), 1e-3)) ** n).toBeCloseTo(0.5, 10);
    }
  });

  test("a timescale of n steps shrinks by 1 / n", () => {
    expect(shrink(decayByTimescale(40_000), 3e-4)).toBeCloseTo(1 / 40_000, 18);
  });

  test("a decay by the schedule stays when the base rate is changed (the AdamW paper)", () => {
    const multiplier = cosine({ peak: 1, total: 100 });
    const shrinks = [1e-4, 3e-2].map((base) =>
      shrink(decayBySchedule(1e-3, multiplier), (t) => base * multiplier(t), 60),
    );
    expect(shrinks[0]).toBeCloseTo(1e-3 * multiplier(60), 18);
    expect(shrinks[1]).toBeCloseTo(1e-3 * multiplier(60), 18);
  });

  test("a corrected decay is PyTorch's at the highest rate, and a quarter of it at half of that (AdamC)", () => {
    expect(shrink(decayCorrected(0.1, 0.01), 0.01)).toBeCloseTo(0.01 * 0.1, 18);
    expect(shrink(decayCorrected(0.1, 0.01), 0.005)).toBeCloseTo((0.01 * 0.1) / 4, 18);
  });

  test.each<[string, Decay, Scalar, RegExp]>([
    ["takes all of a weight", decayPerStep(1), 0.1, /weightDecay \(1 a step\).*got 1 at step 1/],
    ["lets it grow", decayPerStep(-0.1), 0.1, /got -0.1/],
    ["has no half-life", decayByHalfLife(0), 0.1, /a half-life of 0 steps/],
    ["is none", decayByTimescale(Number.NaN), 0.1, /got NaN/],
    ["has no learning rate to go with", decayPerStep(0.1), 0, /needs lr > 0, got 0 at step 1/],
  ])("one that %s is refused", (_name, weightDecay, lr, message) => {
    expect(() => rule({ lr, weightDecay })).toThrow(HyperparameterError);
    expect(() => rule({ lr, weightDecay })).toThrow(message);
  });

  test("it stands in the place of weightDecay alone", () => {
    expect(() => rule({ lr: decayPerStep(0.1) as unknown as number })).toThrow(/lr must be .*got 0\.1 a step/);
  });
});

test.each([
  ["sgd", sgd, "goes through the gradient"],
  ["adam", adam, "goes through the gradient"],
  ["scheduleFreeSgd", scheduleFreeSgd, "is averaged over the steps"],
  ["scheduleFreeAdamw", scheduleFreeAdamw, "is averaged over the steps"],
] as const)("%s has no shrink of its own, and refuses such a decay", (name, rule, way) => {
  expect(() => rule({ weightDecay: decayPerStep(1e-3) })).toThrow(
    `${name}: its decay ${way}, so it has no shrink of its own (got 0.001 a step`,
  );
});

test("a Gaussian prior of deviation σ over n examples is λ = 1 / (n σ²)", () => {
  expect(weightDecayFromPrior({ sigma: 0.5, examples: 1000 })).toBe(1 / 250);
});

test("a normalized decay falls with the root of the number of updates", () => {
  const run = { value: 0.05, batch: 128, examples: 50_000, epochs: 100 };
  expect(normalizedWeightDecay(run)).toBeCloseTo(0.05 * Math.sqrt(128 / 5_000_000), 15);
  expect(normalizedWeightDecay({ ...run, epochs: 400 })).toBeCloseTo(normalizedWeightDecay(run) / 2, 15);
});

test("forms say what they are", () => {
  expect(`${decayByTimescale(100)}; ${decayPerStep((t) => 1 / t)}; ${decayCorrected(0.1, 0.01)}`).toBe(
    "a timescale of 100 steps; a function a step; 0.1 corrected for lr / 0.01",
  );
});
