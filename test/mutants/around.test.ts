/** Mutants of what every rule can be asked for beside its own: the gate for real GPUs has to find each. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Gpu, openGpu } from "../../src/gpu/index.ts";
import { cases, type ParityCase } from "../parity/cases.ts";
import { passes, withinHardwareGate } from "../parity/gates.ts";
import { runCase } from "../parity/runCase.ts";
import { spread } from "../support/spread.ts";
import { type SharedMistake, withMistake } from "./sharedParts.ts";

const sized = cases.filter(({ name }) => /· 257 elements(, averaged)?$/.test(name));
const towardsStart = sized.filter(({ rows: [row] }) => row?.hyper.towardsStart);
const cautious = sized.filter(({ rows: [row] }) => row?.hyper.cautious);
const averaged = sized.filter(({ averageDecay }) => averageDecay !== undefined);
/** Those that still know their first weights after 50 steps: 0.9 ** 50 is 0.005. */
const remembering = averaged.filter(({ averageDecay }) => Number(averageDecay) >= 0.9);
/** Those that add up more than one round of a tile, and need the sum: without a decay the ratio of the norms is left out. */
const measured = cases
  .filter(({ name }) => /^(lamb|lars) .* · (1025|2049) elements$/.test(name))
  .filter(({ rows: [row] }) => row?.hyper.weightDecay);

const part = (name: string): string => `shaders/optim/parts/${name}.wgsl`;
const mistakenly = (name: string, right: string, wrong: string): SharedMistake => ({ file: part(name), right, wrong });

const mutants: [mistake: string, SharedMistake, readonly ParityCase[]][] = [
  [
    "the average is of the weights before the update",
    mistakenly(
      "wholeParam",
      "writeParam(at.param, at.count, p);\n  average(at, p);",
      "average(at, readParam(at.param, at.count));\n  writeParam(at.param, at.count, p);",
    ),
    averaged,
  ],
  [
    "the average's shares are swapped",
    mistakenly(
      "average",
      "at.general.averageShare, at.general.averageKeep",
      "select(at.general.averageKeep, 1.0, isFirst(at)), select(at.general.averageShare, 0.0, isFirst(at))",
    ),
    averaged,
  ],
  [
    "the first average is not the weights, but a share of them",
    mistakenly(
      "average",
      "at.general.averageShare, at.general.averageKeep",
      "select(at.general.averageShare, 0.1, isFirst(at)), select(at.general.averageKeep, 0.9, isFirst(at))",
    ),
    remembering,
  ],
  [
    "the start is kept anew at every step",
    mistakenly("decayToStart", "let begins = isFirst(at);", "let begins = true;"),
    towardsStart,
  ],
  ["the start is zero", mistakenly("decayToStart", "start[at.state] = p;", "start[at.state] = Wide();"), towardsStart],
  [
    "the decay pulls towards zero, though the start is kept",
    mistakenly("decayToStart", "return p - origin;", "return p;"),
    towardsStart,
  ],
  ["a cautious decay is inverted", mistakenly("cautiousDecay", ">= Wide()", "<= Wide()"), cautious],
  [
    "a cautious decay is not cautious",
    mistakenly("cautiousDecay", "select(Wide(), decay * p, agrees)", "decay * p"),
    cautious,
  ],
  ["a cautious decay spares what has no step", mistakenly("cautiousDecay", ">= Wide()", "> Wide()"), cautious],
  ["a sum forgets its earlier rounds", mistakenly("measure", "own[k] += sumOf", "own[k] = sumOf"), measured],
];

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu.destroy());

test.each(
  mutants.map(([what, mistake, on]) => {
    const touched = spread(on, 4);
    return [what, touched.length, mistake, touched] as const;
  }),
)("mutant: %s, in each of %d cases", async (_what, count, mistake, touched) => {
  expect(count).toBeGreaterThanOrEqual(4);
  const missed: string[] = [];
  for (const each of touched) {
    const comparison = await withMistake(gpu, mistake, () => runCase(gpu, each));
    if (withinHardwareGate(comparison)) missed.push(`${each.name}: ${comparison.worstUlp} ulp`);
  }
  expect(missed).toEqual([]);
});

test("what they were made from passes every one of those cases", async () => {
  const failed: string[] = [];
  for (const each of [towardsStart, cautious, averaged, measured].flatMap((all) => spread(all, 4))) {
    const comparison = await runCase(gpu, each);
    if (!passes(comparison, gpu.adapter) || !withinHardwareGate(comparison)) failed.push(each.name);
  }
  expect(failed).toEqual([]);
});

test("a mistake that finds nothing to change is an error", async () => {
  const [each] = cautious as [ParityCase];
  const absent = mistakenly("cautiousDecay", "p - q", "p");
  await expect(withMistake(gpu, absent, () => runCase(gpu, each))).rejects.toThrow('"p - q" is there 0 times');
  const elsewhere = mistakenly("decayToStart", "return p - origin;", "return p;");
  await expect(withMistake(gpu, elsewhere, () => runCase(gpu, each))).rejects.toThrow(/^No kernel has/);
});
