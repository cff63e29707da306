/**
 * The suite `scaling`: how an update's cost grows with elements, with tensors and with param groups, and that of a training
 * step with the number of models that share its arithmetic.
 */

import { timedAndCounted, type Work } from "./contenders.ts";
import type { Bench, BenchOptions, Found, Job } from "./context.ts";
import { modelsWork } from "./copies.ts";
import { fitLine } from "./fit.ts";
import { interleaved, type RoundTiming } from "./measure.ts";
import type { BenchFit, BenchRow } from "./row.ts";
import { benchRule } from "./rules.ts";
import { manyTensors, type NamedShape, oneTensor, sizeName } from "./shapes.ts";
import { type UpdateWork, updateWork } from "./update.ts";

interface Point {
  readonly units: number;
  readonly shapes: readonly NamedShape[];
  readonly paramGroups?: number;
}

interface Curve {
  readonly varies: BenchFit["varies"];
  /** What is done with so many. */
  readonly workload: (units: string) => string;
  readonly points: readonly Point[];
}

const million = 2 ** 20;
const contender = "adamw";

function curves({ isQuick, takesAll }: BenchOptions, isSoftware: boolean): Curve[] {
  const of = (counts: readonly number[]) => (isQuick ? counts.filter((_, i) => i % 2 === 0) : counts);
  const largest = isQuick ? 4 * million : isSoftware && !takesAll ? 16 * million : 64 * million;
  const elements = [2 ** 16, 2 ** 18, million, 4 * million, 16 * million, 64 * million].filter((n) => n <= largest);
  return [
    {
      varies: "elements",
      workload: (units) => `${units} elements in 1 tensor`,
      points: elements.map((units) => ({ units, shapes: oneTensor(units) })),
    },
    {
      varies: "tensors",
      workload: (units) => `${sizeName(million)} elements in ${units} tensors`,
      points: of([1, 4, 16, 64, 256, 1024]).map((units) => ({ units, shapes: manyTensors(units, million) })),
    },
    {
      varies: "paramGroups",
      workload: (units) => `200 tensors of 5,000 elements in ${units} param groups`,
      points: of([1, 3, 10, 30, 100]).map((units) => {
        return { units, shapes: manyTensors(200, 1e6), paramGroups: units };
      }),
    },
  ];
}

export const scalingJobs = (options: BenchOptions, isSoftware: boolean): Job[] => [
  ...curves(options, isSoftware).map(
    (curve): Job => ({
      suite: "scaling",
      words: `${contender} by ${curve.varies}`,
      run: (bench) => measure(bench, curve),
    }),
  ),
  { suite: "scaling", words: "a training step by copies", run: measureCopies },
];

/** One model, or many smaller ones with as much arithmetic in all: there is nothing to pay for their being many. */
async function measureCopies(bench: Bench): Promise<Found> {
  const counts = bench.options.isQuick ? [1, 128] : [1, 4, 16, 64, 128];
  const works: Work[] = [];
  try {
    for (const count of counts) works.push(await modelsWork(bench.gpu, count));
    const timings = await interleaved(works, bench.rounds);
    const rows: BenchRow[] = [];
    for (const [i, work] of works.entries()) {
      const found = await timedAndCounted(bench.gpu, work, timings[i] as RoundTiming);
      rows.push({ suite: "scaling", workload: work.name, contender: "training step", ...found });
    }
    return { rows, fits: [fitOf("training step", "copies", counts, rows)] };
  } finally {
    for (const work of works) work.destroy();
  }
}

async function measure(bench: Bench, { varies, workload, points }: Curve): Promise<Found> {
  const works: UpdateWork[] = [];
  try {
    for (const { shapes, paramGroups } of points) {
      works.push(await updateWork(bench.gpu, benchRule(contender), shapes, paramGroups));
    }
    const timings = await interleaved(works, bench.rounds);
    const rows: BenchRow[] = [];
    for (const [i, work] of works.entries()) {
      const timing = timings[i];
      if (!timing) throw new RangeError("bench: a contender was not timed.");
      const { parameters, tensors, paramGroups } = work;
      rows.push({
        suite: "scaling",
        workload: workload((points[i] as Point).units.toLocaleString("en")),
        contender,
        ...(await timedAndCounted(bench.gpu, work, timing)),
        peakBytes: work.bytesAlive,
        parameters,
        tensors,
        paramGroups,
      });
    }
    const units = points.map((point) => point.units);
    return { rows, fits: [fitOf(contender, varies, units, rows)] };
  } finally {
    for (const work of works) work.destroy();
  }
}

function fitOf(
  contender: string,
  varies: BenchFit["varies"],
  units: readonly number[],
  rows: readonly BenchRow[],
): BenchFit {
  const points = rows.map(({ msMedian: ms, encodeUs = 0 }, i) => ({ units: units[i] as number, ms, encodeUs }));
  const times = points.map(({ ms }) => ms);
  const { fixed, slope, worstDeviation } = fitLine(points.map(({ units, ms }) => [units, ms] as const));
  return {
    contender,
    varies,
    points,
    fixedMs: fixed,
    msPerUnit: slope,
    worstDeviation,
    spread: Math.max(...times) / Math.min(...times),
  };
}
