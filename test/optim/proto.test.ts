import { expect, test } from "vitest";
import { openGpu } from "../../src/gpu/index.ts";
import { cases } from "../parity/cases.ts";
import { runCase } from "../parity/runCase.ts";

test("muon", { timeout: 1_200_000 }, async () => {
  const gpu = await openGpu();
  const t0 = performance.now();
  const bad: unknown[] = [];
  for (const each of cases.filter(
    ({ rule, profile, name }) => rule === "muon" && (profile === "accurate" || name.includes("defaults")),
  )) {
    const t1 = performance.now();
    const found = await runCase(gpu, each);
    if (!found.bitEqual) bad.push([found, each.tensors[0]!.shape]);
    console.log(each.name, each.tensors[0]!.shape, performance.now() - t1, found.worstUlp);
  }
  console.log(performance.now() - t0);
  expect(bad).toEqual([]);
});
