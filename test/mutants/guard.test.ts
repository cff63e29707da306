/** Mistakes in the shaders that look at the gradients: the parity cases with skipped steps find each of them. */
import { afterEach, expect, vi } from "vitest";
import { cases } from "../parity/cases.ts";
import type { Expectation } from "../parity/expectation.ts";
import { withinHardwareGate } from "../parity/gates.ts";
import { runCase } from "../parity/runCase.ts";
import { sharedGpuTest } from "../support/gpuTest.ts";
import { damage } from "./mutations.ts";

const verdict = "shaders/optim/gradients/verdict.wgsl";
const squares = "shaders/optim/gradients/squares.wgsl";
const guarded = "shaders/optim/parts/guarded.wgsl";
const gradient = "shaders/optim/parts/gradient.wgsl";

const clipped = cases.find(({ name }) => name === "adamw · cosine lr · accurate · clipped, some steps skipped");
const unscaled = cases.find(
  ({ name }) => name === "sgd · nesterov, weight decay · accurate · unscaled and clipped, averaged",
);

const known = new Map<string, Expectation>();
afterEach(() => void vi.restoreAllMocks());

sharedGpuTest.for([
  ["a bad step is taken", verdict, "verdict.isSkipped = u32(isSkipped)", "verdict.isSkipped = 0u"],
  ["everything counts as finite", verdict, "slot == NONE && isFinite(norm)", "true"],
  [
    "some elements are left out",
    squares,
    "sumOf(valid(unscaled * unscaled, count))",
    "sumOf(valid(unscaled * unscaled, count - 1u))",
  ],
  ["a lane forgets its earlier rounds", squares, "sum += sumOf(", "sum = sumOf("],
  [
    "a skipped step counts",
    verdict,
    "if (isSkipped) {\n    memory.skipped += 1u;\n  } else {",
    "if (isSkipped) {\n    memory.skipped += 1u;\n  }\n  {",
  ],
  [
    "the rows of the first step",
    verdict,
    "verdict.firstRow = memory.rows * settings.rowsOfStep",
    "verdict.firstRow = 0u",
  ],
  ["the norm is not rooted", verdict, "decide(sqrt(squares[0]), slots[0])", "decide(squares[0], slots[0])"],
  [
    "small gradients are scaled up",
    verdict,
    "min(settings.clipNorm / (norm + 1e-6), 1.0)",
    "settings.clipNorm / (norm + 1e-6)",
  ],
  [
    "some tiles are left out",
    verdict,
    "for (var i = lane; i < arrayLength(&findings); i += LANES)",
    "for (var i = lane + 1u; i < arrayLength(&findings); i += LANES)",
  ],
  ["the factor is not used", guarded, "return step.verdict.factor;", "return 1.0;"],
] as const)("mutant: %s is caught", async ([, file, right, wrong], { gpu }) => {
  damage(gpu, file, right, wrong);
  expect(withinHardwareGate(await runCase(gpu, clipped!, { known }))).toBe(false);
});

sharedGpuTest.for([
  ["gradients stay scaled", verdict, "memory.unscale = settings.share / memory.scale;", "memory.unscale = 1.0;"],
  ["the scale never falls", verdict, "scale *= settings.backoff;", "scale *= 1.0;"],
  ["the scale never grows", verdict, "scale *= settings.growth;", "scale *= 1.0;"],
  [
    "good steps are counted on after a bad one",
    verdict,
    "scale *= settings.backoff;\n    memory.good = 0u;",
    "scale *= settings.backoff;",
  ],
  ["the norm is of scaled gradients", squares, "let unscaled = memory.unscale * g;", "let unscaled = g;"],
  ["gradients turned round", gradient, "(at.general.ascent * factor()) * g", "-(at.general.ascent * factor()) * g"],
] as const)("mutant: %s is caught, with a loss scale", async ([, file, right, wrong], { gpu }) => {
  damage(gpu, file, right, wrong);
  expect(withinHardwareGate(await runCase(gpu, unscaled!, { known }))).toBe(false);
});

sharedGpuTest("without a mistake both pass", async ({ gpu }) => {
  for (const each of [clipped!, unscaled!]) expect(withinHardwareGate(await runCase(gpu, each, { known }))).toBe(true);
});
