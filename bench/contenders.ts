/** What is common to everything that is timed. */
import type { Dispatch, Gpu } from "../src/gpu/index.ts";
import type { Contender, RoundTiming, Timing } from "./measure.ts";
import type { BenchRow } from "./row.ts";

/** A contender with what is known of its steps ahead of any timing. */
export interface Work extends Contender {
  /** Read and written a step. */
  readonly bytesMoved?: number;
  /** Floating-point operations a step. */
  readonly flops?: number;
}

/** Steps that are the same dispatches again and again, in one submit each. */
export function dispatchWork(
  gpu: Gpu,
  name: string,
  dispatches: readonly Dispatch[],
  { destroy, ...about }: Pick<Work, "bytesMoved" | "flops" | "destroy">,
): Work {
  return {
    name,
    ...about,
    step: () => {
      gpu.stream.dispatch(...dispatches);
      gpu.stream.submit();
    },
    settle: () => gpu.settle(gpu.device.queue.onSubmittedWorkDone()),
    destroy,
  };
}

/** What follows from a timing: times and rates. */
export function timed(
  { bytesMoved, flops }: Pick<Work, "bytesMoved" | "flops">,
  { msRounds: _, ...timing }: RoundTiming,
): Timing & Pick<BenchRow, "bytesMoved" | "GBs" | "GFLOPs"> {
  return {
    ...timing,
    ...(bytesMoved !== undefined && { bytesMoved, GBs: bytesMoved / timing.msMedian / 1e6 }),
    ...(flops !== undefined && { GFLOPs: flops / timing.msMedian / 1e6 }),
  };
}

/** Counts of a step that is like every later one, and the least host time that one took to be queued. */
export type StepCosts = Required<Pick<BenchRow, "dispatches" | "submits" | "writes" | "objects" | "encodeUs">>;

/** Takes a few steps in a row and says what each took: the first finds the host, and the way to the GPU, asleep. */
export async function costsOfStep(
  gpu: Gpu,
  { step, settle }: Pick<Contender, "step" | "settle">,
  counted = 3,
): Promise<StepCosts> {
  const { counts } = gpu.stream;
  const { dispatches, submits, writes } = counts;
  const creations = countCreations(gpu.device);
  let encodeUs = Infinity;
  try {
    for (let i = 0; i < counted; i++) {
      const start = performance.now();
      const queued = step();
      encodeUs = Math.min(encodeUs, (performance.now() - start) * 1000);
      await queued;
    }
    await settle();
  } finally {
    creations.stop();
  }
  const objects = Object.entries(creations.created).filter(([method]) => method !== "createCommandEncoder");
  return {
    dispatches: (counts.dispatches - dispatches) / counted,
    submits: (counts.submits - submits) / counted,
    writes: (counts.writes - writes) / counted,
    objects: objects.reduce((sum, [, count]) => sum + count, 0) / counted,
    encodeUs,
  };
}

/** What a timing, and a few steps after it, say of a contender. */
export async function timedAndCounted(gpu: Gpu, work: Work, timing: RoundTiming, counted?: number) {
  const rates = timed(work, timing);
  const costs = await costsOfStep(gpu, work, counted);
  return { ...rates, ...costs, encodeUs: Math.min(rates.encodeUs, costs.encodeUs) };
}

/** What a device was asked to create since the counting began, by method; `createCommandEncoder` is every submit's own. */
export interface Creations {
  readonly created: Readonly<Record<string, number>>;
  /** Lets the device's own methods through again. */
  stop(): void;
}

/** Counts the calls of the device's create methods until it is stopped. */
export function countCreations(device: GPUDevice): Creations {
  const created: Record<string, number> = {};
  const names = Object.getOwnPropertyNames(GPUDevice.prototype).filter((name) => name.startsWith("create"));
  const methods = device as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const name of names) {
    const method = methods[name] as (...args: unknown[]) => unknown;
    methods[name] = (...args) => {
      created[name] = (created[name] ?? 0) + 1;
      return method.apply(device, args);
    };
  }
  const stop = (): void => {
    for (const name of names) delete methods[name];
  };
  return { created, stop };
}
