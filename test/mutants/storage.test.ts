/** Mistakes in keeping numbers in fewer bits: the parity cases find each of them. */
import { expect } from "vitest";
import { cases, type ParityCase } from "../parity/cases.ts";
import { withinHardwareGate } from "../parity/gates.ts";
import { runCase } from "../parity/runCase.ts";
import { gpuTest } from "../support/gpuTest.ts";
import { damage } from "./mutations.ts";

const named = (name: string): ParityCase => {
  const found = cases.find((each) => each.name === name);
  if (found) return found;
  throw new Error(`no case "${name}".`);
};

const chance = named("adamw · cosine lr · bfloat16 · 257 elements");
const many = named("adamw · cosine lr · bfloat16 · 148 tensors in 3 groups");
const masters = named("adamw · cosine lr · bfloat16 with masters · 257 elements");
const float16 = named("adamw · cosine lr · float16 · 257 elements");
const inBfloat16 = named("adamw · cosine lr · states in bfloat16 · 257 elements");
const inFloat8 = named("adamw · cosine lr · states in float8 · 2049 elements");
const lionInFloat8 = named("lion · cosine lr, decay · states in float8 · 2049 elements");

const part = (name: string): string =>
  name === "halves" ? "shaders/numbers/halves.wgsl" : `shaders/optim/parts/${name}.wgsl`;
const oldScale = "mScale[at.state / BLOCK_LANES]";

gpuTest.for([
  ["cut off, not rounded stochastically", chance, "stochasticParam", "draw(at, PARAM_ROLE)", "vec4u()"],
  [
    "rounded to the nearest, not stochastically",
    chance,
    "stochasticParam",
    "halfStochastic(p, halfFormat(), draw(at, PARAM_ROLE))",
    "halfNearest(p, halfFormat())",
  ],
  ["the same random words at each step", chance, "draw", "at.general.seed", "7u"],
  ["the same random words for all elements", chance, "draw", "at.index", "0u"],
  ["the same random words for all tensors", many, "draw", "3u * at.tensor + role", "role"],
  ["the words of another role", inBfloat16, "mBfloat16", "draw(at, M_ROLE)", "draw(at, V_ROLE)"],
  ["the other half precision", float16, "halfFormat", "return FLOAT16;", "return BFLOAT16;"],
  ["the halves of a word swapped", chance, "halves", "code.xz | (code.yw <<", "code.yw | (code.xz <<"],
  [
    "the copy in the place of its master",
    masters,
    "masterParam",
    "master[at.state];",
    "readParam(at.param, at.count);",
  ],
  ["a copy that is cut off", masters, "half", "halfNearest(p, halfFormat())", "bitcast<vec4u>(p) >> vec4u(16u)"],
  ["a first moment that is cut off", inBfloat16, "mBfloat16", "draw(at, M_ROLE)", "vec4u()"],
  ["a second moment that is cut off", inBfloat16, "vBfloat16", "draw(at, V_ROLE)", "vec4u()"],
  ["codes that are cut off", inFloat8, "float8", "formatOf(scale), random)", "formatOf(scale), vec4u())"],
  [
    "codes to the nearest, in which v stands still",
    inFloat8,
    "float8",
    "narrowStochastic(magnitude, formatOf(scale), random)",
    "narrowNearest(magnitude, formatOf(scale))",
  ],
  [
    "the scale of the neighbouring block",
    inFloat8,
    "mFloat8",
    "atomicMax(&largestM[blockOf(at)]",
    "atomicMax(&largestM[(blockOf(at) + 1u) % MOST_BLOCKS]",
  ],
  [
    "the scale of the neighbouring block, without a second moment",
    lionInFloat8,
    "mFloat8",
    "atomicMax(&largestM[blockOf(at)]",
    "atomicMax(&largestM[(blockOf(at) + 1u) % MOST_BLOCKS]",
  ],
  [
    "the scale of the step before",
    inFloat8,
    "mFloat8",
    "scaleOf(lowestBinade(atomicLoad(&largestM[blockOf(at)]), SIGNED_BINADES))",
    oldScale,
  ],
  ["one scale for all blocks of a workgroup", inFloat8, "blocks", "(at.index / BLOCK) % MOST_BLOCKS", "0u"],
  ["a sign in the second moment's code", inFloat8, "vFloat8", "toUnsignedFloat8(", "toSignedFloat8("],
  [
    "a second moment that becomes zero",
    inFloat8,
    "float8",
    "vec4u(1u), bits >= vec4u(SMALLEST)",
    "vec4u(), bits >= vec4u(SMALLEST)",
  ],
  [
    "a step along the narrowed moment",
    inFloat8,
    "moments",
    "return Moments(mNow, vNow);",
    `let code = toSignedFloat8(mNow, ${oldScale}, draw(at, M_ROLE));\n  return Moments(fromSignedFloat8(code, ${oldScale}), vNow);`,
  ],
] as const)("mutant: %s is caught", async ([, test, file, right, wrong], { gpu }) => {
  damage(gpu, part(file), right, wrong);
  const comparison = await runCase(gpu, test);
  expect(withinHardwareGate(comparison), JSON.stringify(comparison)).toBe(false);
});

gpuTest("without a mistake all of them pass", async ({ gpu }) => {
  for (const test of [chance, many, masters, float16, inBfloat16, inFloat8, lionInFloat8]) {
    const comparison = await runCase(gpu, test);
    expect(withinHardwareGate(comparison), test.name).toBe(true);
    expect(comparison.bitEqual || !gpu.adapter.isSoftware, test.name).toBe(true);
  }
});
