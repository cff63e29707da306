/** One workload in one page: first the gate for each contender, then its counts, then times, in turn. */
import { openGpu } from "../../src/gpu/index.ts";
import { type Counting, countGpu } from "../count.ts";
import { type Contender, interleaved, type Timing } from "../measure.ts";
import { type Contest, type Entered, type Entrant, trainingContest, updateContest } from "./contest.ts";
import type { Comparison, Counts, LeftOut, PeerRow, Workload } from "./row.ts";
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
  /** What its device complained of, then or later. */
  readonly errors: readonly string[];
}

type Refusal = Pick<LeftOut, "why" | "losses" | "reference">;

/** Steps of which the counts are the mean: what is submitted fifteen kernels at a time is not the same in each. */
const countedSteps = 3;

/** Runs a workload. The libraries are opened here, after the counting has begun. */
export async function compare(
  { workload, rounds }: Comparing,
  libraries: readonly Library[],
  progress: Progress,
): Promise<Comparison> {
  const counting = countGpu();
  const contest: Contest =
    workload.suite === "training" ? await trainingContest(workload, libraries) : updateContest(workload, libraries);
  const { entrants } = contest;
  const tell = (done: number, words: string): Promise<void> =>
    progress([done, entrants.length + rounds, `${workload.name}: ${words}`]);
  const admitted: Admitted[] = [];
  const leftOut: LeftOut[] = [];
  const leave = ({ name }: Entrant, refusal: Refusal): void =>
    void leftOut.push({ suite: "peers", what: `${workload.name}, ${name}`, ...refusal });
  for (const [i, entrant] of entrants.entries()) {
    await tell(i, `gate, ${entrant.name}`);
    const found = await gate(contest, entrant, counting);
    if ("why" in found) leave(entrant, found);
    else admitted.push(found);
  }
  // Threads of a WebAssembly back end go on asking for work for a while. A step alone tells more of the machine than of itself.
  const turns = { rounds, roundMs: 100, restMs: 200 };
  const contenders = admitted.map(({ contender }) => contender);
  const onRound = (round: number): void => void tell(entrants.length + round, "timing");
  const timings = await interleaved(contenders, { ...turns, onRound });
  await tell(entrants.length + rounds, "done");
  const timed = admitted.map((each, i) => ({ ...each, timing: timings[i] as Timing }));
  for (const { entrant, errors } of timed) if (errors.length > 0) leave(entrant, { why: errors.join("; ") });
  const rows = timed
    .filter(({ errors }) => errors.length === 0)
    .map((each) =>
      rowOf(
        workload,
        contest,
        each,
        timed.find(({ entrant }) => entrant.name === each.entrant.against),
      ),
    );
  for (const contender of contenders) contender.destroy();
  const notes = libraries.flatMap(({ name, note }) => (note ? [`${name}: ${note}`] : []));
  return { ...(await adapterOf()), rows, leftOut, notes };
}

async function adapterOf(): Promise<Pick<Comparison, "adapter" | "isSoftware" | "implementation">> {
  const gpu = await openGpu();
  const { label, isSoftware } = gpu.adapter;
  gpu.destroy();
  return { adapter: label, isSoftware, implementation: navigator.userAgent };
}

async function gate(contest: Contest, entrant: Entrant, counting: Counting): Promise<Admitted | Refusal> {
  try {
    const entered = await entrant.enter();
    const errors: string[] = [];
    entered.device?.addEventListener("uncapturederror", ({ error }) => void errors.push(error.message));
    await entered.contender.prepare?.();
    const { difference, fault } = await contest.judge(entered.contender, entrant.rule);
    if (fault) return { why: `it does not agree with the reference (off by ${difference.toPrecision(2)})`, ...fault };
    return { ...entered, entrant, difference, errors, counts: await countsOf(entered, counting) };
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) };
  }
}

/** Of a step in steady state, without what waiting for it takes. */
async function countsOf({ contender, device, heapBytes }: Entered<Contender>, counting: Counting): Promise<Counts> {
  await contender.step();
  await contender.settle();
  if (!device) return { peakBytes: heapBytes?.() ?? 0 };
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
  { parameterBytes, bytesMoved, samples }: Contest,
  { entrant: { name, against }, difference, counts, timing }: Admitted & { readonly timing: Timing },
  ours: { readonly timing: Timing } | undefined,
): PeerRow {
  const { msMedian } = timing;
  return {
    suite: "peers",
    workload: workload.name,
    contender: name,
    against,
    ...timing,
    ...(ours && { timesOurs: msMedian / ours.timing.msMedian }),
    ...counts,
    parameterBytes,
    ...(bytesMoved && { bytesMoved, GBs: bytesMoved / msMedian / 1e6 }),
    ...(samples && { samplesPerSecond: (1000 * samples) / msMedian }),
    difference,
  };
}
