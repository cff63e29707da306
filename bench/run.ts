/** A run of the benchmark, in a page or in Deno: everything that scripts/bench.mjs then makes tables and plots of. */
import { version } from "../package.json";
import { type Gpu, LimitError, OutOfMemoryError, openGpu } from "../src/gpu/index.ts";
import { Bench, type BenchOptions, type Found, type Job } from "./context.ts";
import { limitJobs } from "./limits/limits.ts";
import { optimizerJobs } from "./optimizers.ts";
import { type BenchReport, type Suite, suites } from "./row.ts";
import { scalingJobs } from "./scaling.ts";
import { trainingJobs } from "./training.ts";

const jobsOf: Readonly<Record<Exclude<Suite, "peers">, (options: BenchOptions, isSoftware: boolean) => Job[]>> = {
  limits: limitJobs,
  optimizers: optimizerJobs,
  scaling: scalingJobs,
  training: trainingJobs,
};

/** How far a run is: jobs done, of so many, and what it does. */
export type BenchProgress = [done: number, of: number, words: string];

/** Measures what the options ask for. What the device cannot hold is left out, and said. */
export async function run(options: BenchOptions, progress: (value: BenchProgress) => void): Promise<BenchReport> {
  const bench = new Bench(await openGpu(), options);
  const jobs = Object.entries(jobsOf).flatMap(([suite, jobs]) =>
    suite === "limits" || options.suites.includes(suite as Suite) ? jobs(options, bench.isSoftware) : [],
  );
  const about = await description(bench.gpu);
  const found: Found[] = [];
  for (const [done, job] of jobs.entries()) {
    bench.onRound = () => progress([done, jobs.length, job.words]);
    bench.onRound();
    found.push(await attempt(bench, job));
  }
  bench.gpu.destroy();
  progress([jobs.length, jobs.length, "done"]);
  return {
    ...about,
    isWhole: !options.isQuick && options.sizes === undefined && suites.every((suite) => options.suites.includes(suite)),
    date: new Date().toISOString(),
    rows: found.flatMap(({ rows = [] }) => rows),
    fits: found.flatMap(({ fits = [] }) => fits),
    leftOut: found.flatMap(({ leftOut = [] }) => leftOut),
  };
}

/** What a job finds; that it was left out where it is too large for the device. */
async function attempt(bench: Bench, job: Job): Promise<Found> {
  try {
    const found = await job.run(bench);
    bench.gpu.pool.trim();
    await bench.gpu.idle();
    return found;
  } catch (error) {
    if (!(error instanceof LimitError || error instanceof OutOfMemoryError)) throw error;
    await bench.reopen();
    return { leftOut: [{ suite: job.suite, what: job.words, why: error.message }] };
  }
}

async function description(gpu: Gpu): Promise<Omit<BenchReport, "isWhole" | "date" | "rows" | "fits" | "leftOut">> {
  const { label, description: words, device, isSoftware } = gpu.adapter;
  const { Deno } = globalThis as { Deno?: { version: { deno: string } } };
  const agent = navigator.userAgent;
  const chrome = /Chrome\/([\d.]+)/.exec(agent)?.[1];
  return {
    adapter: label,
    driver: words || device || "not told by the browser",
    isSoftware,
    implementation: Deno ? `Deno ${Deno.version.deno} (wgpu)` : chrome ? `Chrome ${chrome} (Dawn)` : agent,
    versions: { shrinkstep: version, ...(Deno ? { deno: Deno.version.deno } : chrome ? { chrome } : {}) },
    limits: { ...gpu.limits },
  };
}
