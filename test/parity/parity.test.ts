import { expect, test } from "vitest";
import { gpuTest } from "../support/gpuTest.ts";
import { takesAll } from "../support/spread.ts";
import { cases, oneOfEvery } from "./cases.ts";
import { passes } from "./gates.ts";
import { runParity } from "./run.ts";
import { runCase } from "./runCase.ts";
import { ruleNames } from "./table.ts";

/** `npm run parity` runs them all. */
const every = takesAll ? 4 : 80;
const spread = oneOfEvery(every);

test(`${spread.length} of ${cases.length} cases of at least 50 steps match the float32 reference`, {
  timeout: 600_000,
}, async () => {
  expect(spread.length).toBeGreaterThanOrEqual(6000 / every);
  expect(Math.min(...cases.map(({ steps }) => steps))).toBeGreaterThanOrEqual(50);
  expect(new Set(spread.map(({ rule }) => rule))).toEqual(new Set(ruleNames));
  const report = await runParity(spread);
  expect(report.failed).toEqual([]);
  expect(report.cases).toBe(spread.length);
});

/** Software adapters have tiles of other sizes, and a line more in each kernel: what GPUs are given runs here as well. */
gpuTest("cases match the float32 reference by the kernels for real GPUs too", { timeout: 600_000 }, async ({ gpu }) => {
  const adapter = { ...gpu.adapter };
  Object.assign(gpu.adapter, { isSoftware: false });
  const some = oneOfEvery(10 * every).filter(({ limits }) => Object.keys(limits).length === 0);
  expect(some.length).toBeGreaterThanOrEqual(7);
  for (const each of some) {
    const comparison = await runCase(gpu, each);
    expect(passes(comparison, adapter), JSON.stringify(comparison)).toBe(true);
  }
});
