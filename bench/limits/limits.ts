/** The suite `limits`: how fast an adapter can be at all. */

import { timedAndCounted, type Work } from "../contenders.ts";
import type { Bench, BenchOptions, Found, Job } from "../context.ts";
import { interleaved } from "../measure.ts";
import type { BenchRow } from "../row.ts";
import { sizeName } from "../shapes.ts";
import { type FmaForm, fmaForms, fmaWork, matmulWork } from "./arithmetic.ts";
import type { Mix } from "./mix.ts";
import { copyWork, streamWork } from "./streams.ts";

/** The traffic of SGD, of a rule with one state, with two, three and four. */
const mixes: readonly Mix[] = [1, 2, 3, 4, 5].map((writes) => ({ reads: writes + 1, writes }));
const ofAdam: Mix = { reads: 4, writes: 3 };
const bytesOf = ({ reads, writes }: Mix, size: number): number => (reads + writes) * size * 4;
/** Parameters: each array of a stream is of so many float32 numbers. */
const sizes = { quick: [2 ** 20], software: [2 ** 16, 2 ** 20, 2 ** 22, 2 ** 24] };
const allSizes = [...sizes.software, 2 ** 26];
const sides = { quick: [512], software: [512, 1024], hardware: [512, 1024, 2048, 4096] };

/** The FMA probe always, since training steps are measured by it; the rest where it is asked for. */
export function limitJobs(options: BenchOptions, isSoftware: boolean): Job[] {
  const { suites, isQuick, takesAll } = options;
  const probe: Job = { suite: "limits", words: "multiply-adds on registers", run: fma };
  if (!suites.includes("limits")) return [probe];
  const own = isQuick ? sizes.quick : isSoftware && !takesAll ? sizes.software : allSizes;
  const products = isQuick ? sides.quick : sides[isSoftware ? "software" : "hardware"];
  return [
    probe,
    ...products.map(
      (side): Job => ({ suite: "limits", words: `matmul ${side}³`, run: (bench) => matmul(bench, side) }),
    ),
    ...own.map((size): Job => {
      return { suite: "limits", words: `copy and streams, ${sizeName(size)}`, run: (bench) => memory(bench, size) };
    }),
  ];
}

async function fma(bench: Bench): Promise<Found> {
  const works: Work[] = [];
  for (const form of fmaForms) works.push(await fmaWork(bench.gpu, form));
  const rows = await measured(bench, works, "FMA probe");
  const rate = ({ GFLOPs = 0 }: BenchRow): number => GFLOPs;
  const best = rows.reduce((best, row, i) => (rate(row) > rate(rows[best] as BenchRow) ? i : best), 0);
  bench.fmaForm = fmaForms[best];
  return { rows: [rows[best] as BenchRow] };
}

/** In turn with the FMA probe: the machine may have been faster or slower when that was timed. */
async function matmul(bench: Bench, side: number): Promise<Found> {
  const works = [await matmulWork(bench.gpu, side), await fmaWork(bench.gpu, bench.fmaForm as FmaForm)];
  const [row, probe] = (await measured(bench, works, `matmul ${side}³`)) as [BenchRow, BenchRow];
  return { rows: [{ ...row, fractionOfLimit: shareOf(row, probe) }] };
}

async function memory(bench: Bench, size: number): Promise<Found> {
  const works = [copyWork(bench, size * 8)];
  try {
    for (const mix of mixes) works.push(await streamWork(bench, mix, bytesOf(mix, size)));
    works.push(await streamWork(bench, ofAdam, bytesOf(ofAdam, size), "plain"));
  } catch (error) {
    for (const work of works) work.destroy();
    throw error;
  }
  const rows = await measured(bench, works, `memory, ${sizeName(size)}`, size);
  const copy = rows[0]?.GBs as number;
  return { rows: rows.map((row) => ({ ...row, fractionOfLimit: (row.GBs as number) / copy })) };
}

/** Times contenders in turn, counts a step of each, and destroys them. */
async function measured(
  bench: Bench,
  works: readonly Work[],
  workload: string,
  parameters?: number,
): Promise<BenchRow[]> {
  try {
    const timings = await interleaved(works, bench.rounds);
    const rows: BenchRow[] = [];
    for (const [i, timing] of timings.entries()) {
      const work = works[i] as Work;
      const found = await timedAndCounted(bench.gpu, work, timing);
      const about = { suite: "limits", workload, contender: work.name } as const;
      rows.push({ ...about, ...found, ...(parameters !== undefined && { parameters }) });
    }
    return rows;
  } finally {
    for (const work of works) work.destroy();
  }
}

/** The share of the FMA probe's rate. */
export const shareOf = (row: Pick<BenchRow, "GFLOPs">, probe: Pick<BenchRow, "GFLOPs">): number =>
  (row.GFLOPs as number) / (probe.GFLOPs as number);
