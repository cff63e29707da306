import { afterAll, beforeAll, expect, test } from "vitest";
import { type Gpu, openGpu } from "../../src/gpu/index.ts";
import { cases } from "../parity/cases.ts";
import { runCase } from "../parity/runCase.ts";
let gpu: Gpu;
beforeAll(async () => { gpu = await openGpu(); });
afterAll(() => gpu.destroy());
test.each(cases.filter((c) => c.rule === "adafactor").filter((_, i) => i % 1 === 0).map((c) => [c.name, c] as const))("%s", async (_, c) => {
  const r = await runCase(gpu, { ...c, steps: 3 });
  expect(r).toMatchObject({ bitEqual: true, worstUlp: 0 });
});
