/** The suite `optimizers`: every update rule, beside a bare stream that moves the same bytes. */

import { timedAndCounted, type Work } from "./contenders.ts";
import type { Bench, BenchOptions, Found, Job } from "./context.ts";
import { streamWork } from "./limits/streams.ts";
import { interleaved, median, type RoundTiming } from "./measure.ts";
import type { BenchRow, LeftOut } from "./row.ts";
import { type BenchRule, benchRules } from "./rules.ts";
import { gpt2Tensors, manyTensors, type NamedShape, oneTensor, sizeName } from "./shapes.ts";
import { updateWork } from "./update.ts";

/** A model to update. */
export interface Workload {
  readonly name: string;
  readonly parameters: number;
  readonly shapes: () => NamedShape[];
}

const million = 2 ** 20;
const sizes = [2 ** 16, million, 4 * million, 16 * million, 64 * million];

const one = (size: number): Workload => ({
  name: `1 tensor, ${sizeName(size)}`,
  parameters: size,
  shapes: () => oneTensor(size),
});
const many: Workload = { name: "200 tensors of 10k", parameters: 2e6, shapes: () => manyTensors(200, 2e6) };
const gpt2 = (size: number): Workload => ({
  name: `GPT-2's 148 tensors, ${sizeName(size)}`,
  parameters: size,
  shapes: () => gpt2Tensors(size),
});

/** What to measure, and what not, on an adapter and with options. Pure. */
export function planUpdates(
  { isQuick, takesAll, sizes: asked }: Pick<BenchOptions, "isQuick" | "takesAll" | "sizes">,
  isSoftware: boolean,
): { readonly pairs: readonly (readonly [BenchRule, Workload])[]; readonly leftOut: readonly LeftOut[] } {
  const isSlow = isSoftware && !takesAll;
  const leftOut: LeftOut[] = [];
  const leave = (what: string, why: string): void => void leftOut.push({ suite: "optimizers", what, why });
  const rules = isQuick ? benchRules.filter(({ isCommon }) => isCommon) : benchRules;
  const chosen = asked ?? (isQuick ? [million] : sizes);
  const forOthers = asked ?? (isSlow ? [million] : chosen);
  if (isQuick) leave("rules but sgd, adam and adamw, and sizes but 1M", "--quick");
  else if (isSlow && !asked) {
    leave("rules but sgd, adam and adamw at sizes but 1M", "a software adapter; --all takes them");
  }
  const pairs = rules.flatMap((rule) => {
    const { software, hardware } = rule.mostParameters;
    const most = isSoftware ? software : hardware;
    const wanted = rule.isCommon ? chosen : forOthers;
    const fitting = wanted.filter((size) => size <= most);
    if (fitting.length < wanted.length) leave(`${rule.name} above ${sizeName(most)}`, "it multiplies matrices");
    const at = fitting.length > 0 ? fitting : [most];
    const workloads = [...at.map(one), ...(many.parameters <= most ? [many] : []), ...at.map(gpt2)];
    return workloads.map((workload) => [rule, workload] as const);
  });
  return { pairs, leftOut };
}

export function optimizerJobs(options: BenchOptions, isSoftware: boolean): Job[] {
  const { pairs, leftOut } = planUpdates(options, isSoftware);
  const jobs = pairs.map(([rule, workload]): Job => {
    return {
      suite: "optimizers",
      words: `${rule.name}: ${workload.name}`,
      run: (bench) => update(bench, rule, workload),
    };
  });
  return [...jobs, { suite: "optimizers", words: "what was left out", run: async () => ({ leftOut }) }];
}

/** An update and the stream that has its traffic, in turn. */
async function update(bench: Bench, rule: BenchRule, workload: Workload): Promise<Found> {
  const work = await updateWork(bench.gpu, rule, workload.shapes());
  try {
    const stream = await streamWork(bench, work.mix, work.bytesMoved);
    try {
      const [limit, timing] = await interleaved([stream, work], bench.rounds);
      if (!limit || !timing) throw new RangeError("bench: a contender was not timed.");
      const row: BenchRow = {
        suite: "optimizers",
        workload: workload.name,
        contender: rule.name,
        ...(await timedAndCounted(bench.gpu, work, timing)),
        fractionOfLimit: shareOf([stream, limit], [work, timing]),
        peakBytes: work.bytesAlive,
        parameters: work.parameters,
        tensors: work.tensors,
        paramGroups: work.paramGroups,
      };
      return { rows: [row] };
    } finally {
      stream.destroy();
    }
  } finally {
    work.destroy();
  }
}

type Timed = readonly [Pick<Work, "bytesMoved">, RoundTiming];

/** The share of a limit's rate, round by round, and of these the median: a slow spell of the machine falls on both. */
function shareOf([limit, { msRounds: ofLimit }]: Timed, [work, { msRounds }]: Timed): number {
  const bytes = (work.bytesMoved as number) / (limit.bytesMoved as number);
  return median(msRounds.map((ms, round) => (bytes * (ofLimit[round] as number)) / ms));
}
