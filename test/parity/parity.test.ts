import { expect, test } from "vitest";
import { takesAll } from "../support/spread.ts";
import { cases, oneOfEvery } from "./cases.ts";
import { runParity } from "./run.ts";
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
