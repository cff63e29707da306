/** The suite `training`: whole steps of the library's models, forward, backward and update. */
import { openGpu } from "../src/gpu/index.ts";
import { compile, type Training } from "../src/train/index.ts";
import { timed, timedAndCounted, type Work } from "./contenders.ts";
import type { Bench, BenchOptions, Found, Job } from "./context.ts";
import { flopsOfStep } from "./flops.ts";
import { type FmaForm, fmaWork } from "./limits/arithmetic.ts";
import { shareOf } from "./limits/limits.ts";
import { interleaved, type RoundTiming } from "./measure.ts";
import type { LeftOut } from "./row.ts";
import { type BenchTask, type TrainingWorkload, trainingWorkloads } from "./tasks.ts";

export function trainingJobs({ isQuick, takesLarge }: BenchOptions, isSoftware: boolean): Job[] {
  return trainingWorkloads.map((workload, i): Job => {
    const { name, isLarge } = workload;
    const isSlow = isLarge && isSoftware;
    const why =
      isQuick && i > 0
        ? "--quick"
        : isSlow && !takesLarge
          ? "minutes a step on a software adapter; --large takes it"
          : undefined;
    const skipped: LeftOut | undefined = why === undefined ? undefined : { suite: "training", what: name, why };
    return {
      suite: "training",
      words: isSlow ? `${name}: minutes a step` : name,
      run: skipped ? async () => ({ leftOut: [skipped] }) : (bench) => measure(bench, workload),
    };
  });
}

/** On a device of its own, for which every kernel is compiled anew. */
async function measure(bench: Bench, { name, samples, tokens, task: make }: TrainingWorkload): Promise<Found> {
  const gpu = await openGpu();
  const task = make();
  try {
    const start = performance.now();
    const training = await compile(gpu, task);
    await training.step(task.batchAt(0));
    await training.settled();
    const firstStepMs = performance.now() - start;
    const work = stepWork(training, task);
    const probe = await fmaWork(gpu, bench.fmaForm as FmaForm);
    const [timing, ofProbe] = (await interleaved([work, probe], bench.rounds)) as [RoundTiming, RoundTiming];
    const found = await timedAndCounted(gpu, work, timing, timing.msMedian > 10_000 ? 1 : 3);
    const row = {
      suite: "training" as const,
      workload: name,
      contender: "shrinkstep",
      ...found,
      fractionOfLimit: shareOf(found, timed(probe, ofProbe)),
      peakBytes: gpu.pool.stats.peakBytes,
      samplesPerSecond: (samples * 1000) / timing.msMedian,
      ...(tokens !== undefined && { tokensPerSecond: (tokens * 1000) / timing.msMedian }),
      firstStepMs,
      parameters: training.weights.elements,
      tensors: training.weights.tensors.length,
    };
    training.destroy();
    return { rows: [row] };
  } finally {
    gpu.destroy();
  }
}

type TaskTraining = Training<BenchTask["model"], BenchTask["batch"]>;

/** What `step` gives goes on to wait for the GPU, once some steps are on their way. */
function stepWork(training: TaskTraining, task: BenchTask): Work {
  const { forward, backward } = flopsOfStep(task);
  return {
    name: "shrinkstep",
    flops: forward + backward,
    step: () => training.step(task.batchAt(training.batchCount)),
    settle: () => training.settled(),
    destroy: () => training.destroy(),
  };
}
