import { expect, test } from "vitest";
import { openGpu } from "../../src/gpu/index.ts";
import { cases } from "../parity/cases.ts";
import { runParity } from "../parity/run.ts";
test("muon", { timeout: 1_200_000 }, async () => {
  const t0 = performance.now();
  const mine = cases.filter(({ rule, name }) => rule === "muon" && !name.includes("elements"));
  const report = await runParity(mine);
  console.log(report.cases, performance.now() - t0);
  expect(report.failed).toEqual([]);
  const t1 = performance.now();
  const report2 = await runParity(cases.filter(({ rule, name, tensors }) => rule === "muon" && name.includes("elements")));
  console.log(report2.cases, performance.now() - t1, cases.length);
  expect(report2.failed).toEqual([]);
});
