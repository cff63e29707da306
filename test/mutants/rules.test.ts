/**
 * A tolerance is worth what it refuses. Each mutant is an update rule with one mistake that somebody has made; the gate
 * for real GPUs, far looser than the equality of bits that a software adapter must show, has to find every one.
 */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Gpu, openGpu } from "../../src/gpu/index.ts";
import { adamw } from "../../src/optim/index.ts";
import { type Decoupled, realisedDecay } from "../optim/realised.ts";
import type { Expectation } from "../parity/expectation.ts";
import { passes, withinHardwareGate } from "../parity/gates.ts";
import { runCase } from "../parity/runCase.ts";
import { spread } from "../support/spread.ts";
import { muonMutants } from "./muon.ts";
import { inShader } from "./mutations.ts";
import { normsMutants } from "./norms.ts";
import { moments, mutants, sized } from "./table.ts";

const known = new Map<string, Expectation>();
let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu.destroy());

/** [mistake, rule, how many cases, mutation, cases] */
const named = [...mutants, ...normsMutants, ...muonMutants].flatMap(
  ({ mistake, rules, mutate, where = () => true, on = sized }) =>
    rules.map((rule) => {
      const touched = spread(
        on.filter((test) => test.rule === rule && where(test.rows[0]!)),
        1,
      );
      return [mistake, rule, touched.length, mutate, touched] as const;
    }),
);

const chosen = spread(named, 110);

test.each(chosen)("mutant: %s is caught, %s, in each of %d cases", async (_mistake, _rule, count, mutate, touched) => {
  expect(count).toBeGreaterThan(0);
  const compared = await Promise.all(touched.map((test) => runCase(gpu, test, { mutate, known })));
  const missed = compared.filter(withinHardwareGate);
  expect(missed.map(({ name, worstUlp }) => `${name}: ${worstUlp} ulp`)).toEqual([]);
});

test("the rules themselves pass every one of those cases", async () => {
  const touched = new Set(chosen.flatMap(([, , , , cases]) => cases));
  const compared = await Promise.all([...touched].map((test) => runCase(gpu, test, { known })));
  const failed = compared.filter((each) => !passes(each, gpu.adapter) || !withinHardwareGate(each));
  expect(failed.map(({ name }) => name)).toEqual([]);
});

describe("mutants of the accurate profile that a gate in ulps may miss, and the realised decay shows:", () => {
  const call = "shrinkThenStep(loadParam(at), at, h.decay, h.keep, step)";
  const orders: [string, string][] = [
    ["decay by a float32 1 - lr λ", "h.keep * loadParam(at) - step"],
    ["the shrink rounded before the step", "(loadParam(at) - h.decay * loadParam(at)) - step"],
    ["the step rounded before the shrink", "(loadParam(at) - step) - h.decay * loadParam(at)"],
  ];
  const runs: [Decoupled, number][] = [
    ["sgdw", 1e-3],
    ["adamw", 1e-6],
  ];
  const mutated = orders.flatMap(([mistake, wrong]) => runs.map(([rule, lr]) => [mistake, rule, lr, wrong] as const));

  test.each(mutated)("mutant: %s is caught, %s at lr %d", async (_mistake, rule, lr, wrong) => {
    const mutate = inShader(`shaders/optim/${rule}.wgsl`, call, wrong);
    const ratios = (await realisedDecay(gpu, rule, lr, "accurate", mutate)).map(({ ratio }) => ratio);
    expect(ratios.filter((ratio) => ratio < 0.99 || ratio > 1.01)).not.toEqual([]);
  });
});

test("a mutation that finds nothing to change is an error", () => {
  const uses = () => false;
  const absent = inShader(moments, "m[i] + v[i]", "0")(adamw());
  expect(() => absent.variant(uses)).toThrow('"m[i] + v[i]" is there 0 times');
  const elsewhere = inShader("shaders/optim/sgd.wgsl", "p", "q")(adamw());
  expect(() => elsewhere.variant(uses)).toThrow("adamw: no part shaders/optim/sgd.wgsl");
});
