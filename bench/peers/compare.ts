/** One workload in one page: first the gate for each contender, then its counts, then times, in turn. */
import { openGpu } from "../../src/gpu/index.ts";
import { type Counting, countGpu } from "../count.ts";
import { type Contender, interleaved, type Timing } from "../measure.ts";
import { type Contest, type Entered, type Entrant, trainingContest, updateContest } from "./contest.ts";
import type { Comparison, Counts, Failure, PeerRow, Workload } from "./row.ts";
import type { Library } from "./task.ts";

export type Progress = (value: [done: number, of: number, words: string]) => Promise<void>;

export interface Comparing {
  readonly workload: Workload;
  readonly rounds: number;
}

/** Someone who is through the gate. */
interface Admitted extends Entered<Contender> {
  readonly entrant: Entrant;
  readonly difference: number;
  readonly counts: Counts;
}

/** Steps of which the counts are the mean: what is submitted fifteen kernels at a time is not the same in each. */
const countedSteps = 3;

/** Runs a workload. The libraries are opened here, after the counting has begun. */
export async function compare(
  { workload, rounds }: Comparing,
  libraries: readonly Library[],
  progress: Progress,
): Promise<Comparison> {
  const counting = countGpu();
  const gpu = await openGpu();
  const { label, isSoftware } = gpu.adapter;
  gpu.destroy();
  const contest =
    workload.suite === "training" ? await trainingContest(workload, libraries) : updateContest(workload, libraries);
  const { entrants } = contest;
  const tell = (done: number, words: string): Promise<void> => progress([done, entrants.length + rounds, words]);
  const admitted: Admitted[] = [];
  const failures: Failure[] = [];
  for (const [i, entrant] of entrants.entries()) {
    await tell(i, `${workload.name}: gate, ${entrant.name}`);
    const found = await gate(contest as Contest, entrant, counting);
    if ("why" in found) failures.push({ ...placeOf(workload, entrant), ...found });
    else admitted.push(found);
  }
  const timings = await interleaved(
    admitted.map(({ contender }) => contender),
    { rounds, onRound: (round) => void tell(entrants.length + round, `${workload.name}: timing`) },
  );
  await tell(entrants.length + rounds, workload.name);
  const rows = admitted.map((each, i) => {
    const ours = admitted.findIndex(
      ({ entrant }) => entrant.name === "shrinkstep" && entrant.rule === each.entrant.rule,
    );
    return rowOf(workload, contest as Contest, each, timings[i] as Timing, timings[ours]);
  });
  return { adapter: label, isSoftware, implementation: navigator.userAgent, rows, failures };
}

const placeOf = ({ suite, name }: Workload, { name: contender, rule }: Entrant) => ({
  suite,
  workload: name,
  contender,
  rule,
});

type Refusal = Pick<Failure, "why" | "losses" | "reference">;

async function gate(contest: Contest, entrant: Entrant, counting: Counting): Promise<Admitted | Refusal> {
  try {
    const entered = await entrant.enter();
    await entered.contender.prepare?.();
    const { difference, fault } = await contest.judge(entered.contender, entrant.rule);
    if (fault) return { why: `it does not agree with the reference (off by ${difference.toPrecision(2)})`, ...fault };
    return { ...entered, entrant, difference, counts: await countsOf(entered, counting) };
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) };
  }
}

/** Of a step in steady state, without what waiting for it takes. */
async function countsOf({ contender, device, heapBytes }: Entered<Contender>, counting: Counting): Promise<Counts> {
  await contender.step();
  await contender.settle();
  if (!device) {
    return { peakBytes: heapBytes?.() ?? 0 };
  }
  counting.restartPeak(device);
  const start = counting.of(device);
  await contender.settle();
  const settled = counting.of(device);
  for (let step = 0; step < countedSteps; step++) await contender.step();
  await contender.settle();
  const end = counting.of(device);
  const perStep = (count: "dispatches" | "submits" | "writes" | "objects"): number =>
    (end[count] - settled[count] - (settled[count] - start[count])) / countedSteps;
  return {
    dispatches: perStep("dispatches"),
    submits: perStep("submits"),
    writes: perStep("writes"),
    objects: perStep("objects"),
    peakBytes: end.peakBytes,
  };
}

function rowOf(
  workload: Workload,
  { parameterBytes, bytesMoved }: Contest,
  { entrant, difference, counts }: Admitted,
  timing: Timing,
  ours: Timing | undefined,
): PeerRow {
  return {
    ...placeOf(workload, entrant),
    ...timing,
    ...(ours && { timesOurs: timing.msMedian / ours.msMedian }),
    ...counts,
    parameterBytes,
    ...(bytesMoved && { bytesMoved, GBs: bytesMoved / timing.msMedian / 1e6 }),
    difference,
    ...(entrant.note && { note: entrant.note }),
  };
}
