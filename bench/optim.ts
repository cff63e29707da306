/** Throughput of the update rules beside the limits of the same adapter, all measured in one run. */
import { type Gpu, layoutSlab, openGpu, Slab } from "../src/gpu/index.ts";
import { adam, adamw, adan, createOptimizer, lamb, lion, sgd, sgdw, type UpdateRule } from "../src/optim/index.ts";
import streamCode from "./stream.wgsl?raw";

export interface BenchRow {
  what: string;
  parameters: number;
  tensors: number;
  /** Median and extremes of the rounds, in ms a step. */
  msMedian: number;
  msMin: number;
  msMax: number;
  bytesPerParameter: number;
  /** At the median. */
  GBs: number;
  /** Of the rate of the stream with AdamW's traffic at the same size. */
  fractionOfStream: number;
  dispatches: number;
  submits: number;
}

export interface BenchReport {
  adapter: string;
  isSoftware: boolean;
  implementation: string;
  rows: BenchRow[];
}

const contenders: readonly [string, UpdateRule][] = [
  ["sgd", sgd()],
  ["sgd momentum", sgd({ momentum: 0.9 })],
  ["sgdw momentum", sgdw({ momentum: 0.9, weightDecay: 0.01 })],
  ["adam", adam()],
  ["adamw", adamw()],
  ["adamw torch profile", adamw({ profile: "torch" })],
  ["adamw amsgrad", adamw({ amsgrad: true })],
  ["adamw, states in bfloat16", adamw({ states: "bfloat16" })],
  ["adamw, states in float8", adamw({ states: "float8" })],
  ["lion", lion({ weightDecay: 0.1 })],
  ["adan", adan({ weightDecay: 0.01 })],
  ["lamb", lamb()],
];

/** One large tensor, and the same number of parameters in many small ones. */
const shapes = [
  { tensors: 1, parameters: 65_536 },
  { tensors: 1, parameters: 1_048_576 },
  { tensors: 1, parameters: 4_194_304 },
  { tensors: 200, parameters: 2_000_000 },
];

const rounds = 7;

export async function run(_: unknown, progress: (value: [number, number, string]) => void): Promise<BenchReport> {
  const gpu = await openGpu();
  const rows: BenchRow[] = [];
  const total = shapes.length * (contenders.length + 2);
  for (const shape of shapes) {
    const limits = [await copyWork(gpu, shape.parameters), await streamWork(gpu, shape.parameters)];
    const updates = [];
    for (const [what, rule] of contenders) updates.push(await updateWork(gpu, what, rule, shape));
    const measured = await interleaved(gpu, [...limits, ...updates], (what) => progress([rows.length, total, what]));
    const streamRate = rate(measured[1] as Measured);
    for (const each of measured) {
      const { work, times } = each;
      const sorted = times.toSorted((x, y) => x - y);
      rows.push({
        what: work.what,
        ...shape,
        msMedian: median(times),
        msMin: sorted[0] as number,
        msMax: sorted.at(-1) as number,
        bytesPerParameter: work.bytesPerParameter,
        GBs: rate(each),
        fractionOfStream: rate(each) / streamRate,
        dispatches: work.dispatches,
        submits: 1,
      });
      work.destroy();
      progress([rows.length, total, work.what]);
    }
  }
  const { label: adapter, isSoftware } = gpu.adapter;
  gpu.destroy();
  return { adapter, isSoftware, implementation: navigator.userAgent, rows };
}

interface Work {
  what: string;
  parameters: number;
  bytesPerParameter: number;
  dispatches: number;
  step: () => void;
  destroy: () => void;
}

interface Measured {
  work: Work;
  times: number[];
}

/** Every round measures every contender once, so that a slow spell of the machine falls on all of them. */
async function interleaved(gpu: Gpu, works: readonly Work[], onRound: (what: string) => void): Promise<Measured[]> {
  const measured = works.map((work): Measured => ({ work, times: [] }));
  for (const { step } of works) step();
  await gpu.idle();
  for (let round = 0; round < rounds; round++) {
    onRound(`round ${round + 1} of ${rounds}`);
    for (const { work, times } of measured) times.push(await timed(gpu, work));
  }
  return measured;
}

/** Enough steps to take some 20 ms, with one wait at the end. */
async function timed(gpu: Gpu, { step }: Work): Promise<number> {
  const time = async (steps: number): Promise<number> => {
    const start = performance.now();
    for (let i = 0; i < steps; i++) step();
    await gpu.settle(gpu.device.queue.onSubmittedWorkDone());
    return performance.now() - start;
  };
  const steps = Math.max(1, Math.min(200, Math.round(20 / Math.max(await time(1), 0.1))));
  return (await time(steps)) / steps;
}

async function updateWork(
  gpu: Gpu,
  what: string,
  rule: UpdateRule,
  { tensors, parameters }: (typeof shapes)[number],
): Promise<Work> {
  const entries = Array.from({ length: tensors }, (_, i) => ({ name: `w${i}`, elements: parameters / tensors }));
  const layout = layoutSlab(entries, gpu.limits.maxBufferSize);
  const [params, grads] = [new Slab(gpu.pool, layout, "bench param"), new Slab(gpu.pool, layout, "bench grad")];
  for (const slice of grads.whole) gpu.stream.write(slice, new Float32Array(slice.size / 4).fill(0.01));
  const optimizer = await createOptimizer(
    gpu,
    rule,
    entries.map(({ name, elements }) => ({
      name,
      shape: [elements],
      param: params.slice(name),
      grad: grads.slice(name),
    })),
  );
  return {
    what,
    parameters,
    bytesPerParameter: optimizer.bytesPerParameter,
    dispatches: optimizer.dispatchCount,
    step: () => optimizer.step(),
    destroy: () => {
      for (const owner of [optimizer, params, grads]) owner.destroy();
      gpu.pool.trim();
    },
  };
}

async function streamWork(gpu: Gpu, parameters: number): Promise<Work> {
  const layout = layoutSlab([{ name: "x", elements: parameters }], gpu.limits.maxBufferSize);
  const slabs = Array.from({ length: 4 }, () => new Slab(gpu.pool, layout, "bench stream"));
  const kernel = await gpu.kernels.get({
    label: "bench/stream",
    parts: [{ file: "bench/stream.wgsl", code: streamCode }],
    bindings: [["readWrite", "readWrite", "readWrite", "read"]],
    constants: { WORKGROUP_SIZE: 256, GRID_WIDTH: gpu.limits.maxComputeWorkgroupsPerDimension },
  });
  const dispatch = kernel.prepare([slabs.map((slab) => slab.slice("x"))], Math.ceil(parameters / 1024));
  return {
    what: "stream: read 4, write 3",
    parameters,
    bytesPerParameter: 28,
    dispatches: 1,
    step: () => {
      gpu.stream.dispatch(dispatch);
      gpu.stream.submit();
    },
    destroy: () => {
      for (const slab of slabs) slab.destroy();
    },
  };
}

async function copyWork(gpu: Gpu, parameters: number): Promise<Work> {
  const layout = layoutSlab([{ name: "x", elements: parameters }], gpu.limits.maxBufferSize);
  const [from, to] = [new Slab(gpu.pool, layout, "bench copy"), new Slab(gpu.pool, layout, "bench copy")];
  return {
    what: "copy",
    parameters,
    bytesPerParameter: 8,
    dispatches: 0,
    step: () => {
      gpu.stream.copy(from.slice("x"), to.slice("x"));
      gpu.stream.submit();
    },
    destroy: () => {
      from.destroy();
      to.destroy();
    },
  };
}

const rate = ({ work, times }: Measured): number => (work.bytesPerParameter * work.parameters) / median(times) / 1e6;

const median = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[times.length >> 1] as number;
