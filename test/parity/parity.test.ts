import { expect, test } from "vitest";
import { cases } from "./cases.ts";
import { runParity } from "./run.ts";

test(`${cases.length} cases of at least 50 steps match the float32 reference`, { timeout: 600_000 }, async () => {
  expect(cases.length).toBeGreaterThanOrEqual(1000);
  expect(Math.min(...cases.map(({ steps }) => steps))).toBeGreaterThanOrEqual(50);
  const report = await runParity();
  expect(report.failed).toEqual([]);
  expect(report.cases).toBe(cases.length);
});
