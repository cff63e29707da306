/** The rate at which an adapter reads and writes memory: a copy, and bare streams. */
import { type Dispatch, type Gpu, layoutSlab, roundUp, Slab } from "../../src/gpu/index.ts";
import { dispatchWork, type Work } from "../contenders.ts";
import type { Bench } from "../context.ts";
import { interleaved } from "../measure.ts";
import type { Mix } from "./mix.ts";
import code from "./stream.wgsl?raw";

/** How a stream is cut up: what is fastest differs between adapters. */
interface Tuning {
  readonly workgroupSize: number;
  readonly vectors: number;
}

const tunings: readonly Tuning[] = [64, 128, 256].flatMap((workgroupSize) =>
  [1, 4, 16, 64].map((vectors) => ({ workgroupSize, vectors })),
);
/** stream.wgsl has so many bindings. */
const bindings = 8;
/** Bytes of an array that tunings are compared on. */
const tunedOn = { software: 2 ** 22, hardware: 2 ** 26 };

/** `any`: whatever is fastest. `plain`: one vec4 a lane, as streams are usually written, at the best size of workgroups. */
type Forms = "any" | "plain";

const tuned = new WeakMap<Bench, Map<string, Promise<Tuning>>>();

/**
 * A stream of a mix that moves so many bytes a step, or as many as the device binds at once, in the fastest of its forms.
 */
export async function streamWork(bench: Bench, mix: Mix, bytesMoved: number, forms: Forms = "any"): Promise<Work> {
  const tuning = await tuningOf(bench, mix, forms);
  const work = await makeStream(bench.gpu, mix, bytesMoved, tuning);
  return forms === "any" ? work : { ...work, name: `${work.name}, one vec4 a lane` };
}

/** A copy from buffer to buffer that moves so many bytes a step, read and written ones together, or as many as a buffer holds. */
export function copyWork({ gpu }: Bench, bytesMoved: number): Work {
  const size = Math.min(roundUp(bytesMoved / 2, 16), Math.floor(gpu.limits.maxBufferSize / 16) * 16);
  const layout = layoutSlab([{ name: "x", elements: size / 4 }], gpu.limits.maxBufferSize);
  const [from, to] = [new Slab(gpu.pool, layout, "bench copy from"), new Slab(gpu.pool, layout, "bench copy to")];
  return {
    name: "device copy",
    bytesMoved: size * 2,
    step: () => {
      gpu.stream.copy(from.slice("x"), to.slice("x"));
      gpu.stream.submit();
    },
    settle: () => gpu.settle(gpu.device.queue.onSubmittedWorkDone()),
    destroy: () => {
      for (const slab of [from, to]) slab.destroy();
    },
  };
}

function tuningOf(bench: Bench, mix: Mix, forms: Forms): Promise<Tuning> {
  const known = tuned.get(bench) ?? new Map<string, Promise<Tuning>>();
  tuned.set(bench, known);
  const key = `${mix.reads}:${mix.writes}:${forms}`;
  const tuning = known.get(key) ?? fastest(bench, mix, forms);
  known.set(key, tuning);
  return tuning;
}

async function fastest(bench: Bench, mix: Mix, forms: Forms): Promise<Tuning> {
  const { gpu, isSoftware } = bench;
  const bytes = (mix.reads + mix.writes) * tunedOn[isSoftware ? "software" : "hardware"];
  const { maxComputeInvocationsPerWorkgroup: most } = gpu.limits;
  const allowed = tunings.filter(({ workgroupSize, vectors }) => {
    return workgroupSize <= most && (forms === "any" || vectors === 1);
  });
  const arrays = makeArrays(gpu, mix, bytes);
  const dispatches = await Promise.all(allowed.map((tuning) => prepare(gpu, mix, arrays, tuning)));
  const works = dispatches.map((dispatch, i) => dispatchWork(gpu, `${i}`, [dispatch], { destroy: () => {} }));
  const timings = await interleaved(works, { ...bench.rounds, rounds: 3 });
  arrays.destroy();
  const times = timings.map(({ msMin }) => msMin);
  return allowed[times.indexOf(Math.min(...times))] as Tuning;
}

interface Arrays {
  readonly slabs: readonly Slab[];
  readonly vectors: number;
  destroy(): void;
}

/** As many arrays as the stream reads, and small ones for the bindings that it does not touch. */
function makeArrays(gpu: Gpu, { reads, writes }: Mix, bytesMoved: number): Arrays {
  const { maxBufferSize, maxStorageBufferBindingSize } = gpu.limits;
  const most = Math.floor(Math.min(maxBufferSize, maxStorageBufferBindingSize) / 16);
  const vectors = Math.min(Math.ceil(bytesMoved / (reads + writes) / 16), most);
  const large = layoutSlab([{ name: "x", elements: vectors * 4 }], maxBufferSize);
  const small = layoutSlab([{ name: "x", elements: 4 }], maxBufferSize);
  const slabs: Slab[] = [];
  const destroy = (): void => {
    for (const slab of slabs) slab.destroy();
  };
  for (let i = 0; i < bindings; i++) slabs.push(new Slab(gpu.pool, i < reads ? large : small, "bench stream"));
  return { slabs, vectors, destroy };
}

async function prepare(gpu: Gpu, { reads, writes }: Mix, arrays: Arrays, tuning: Tuning): Promise<Dispatch> {
  const { workgroupSize, vectors } = tuning;
  const kernel = await gpu.kernels.get({
    label: "bench/stream",
    parts: [{ file: "bench/limits/stream.wgsl", code }],
    bindings: [Array.from({ length: bindings }, () => "readWrite" as const)],
    constants: {
      READS: reads,
      WRITES: writes,
      WORKGROUP_SIZE: workgroupSize,
      VECTORS: vectors,
      GRID_WIDTH: gpu.limits.maxComputeWorkgroupsPerDimension,
    },
  });
  const slices = arrays.slabs.map((slab) => slab.slice("x"));
  return kernel.prepare([slices], Math.ceil(arrays.vectors / (workgroupSize * vectors)));
}

async function makeStream(gpu: Gpu, mix: Mix, bytesMoved: number, tuning: Tuning): Promise<Work> {
  const arrays = makeArrays(gpu, mix, bytesMoved);
  const { reads, writes } = mix;
  try {
    const dispatch = await prepare(gpu, mix, arrays, tuning);
    const moved = (reads + writes) * arrays.vectors * 16;
    const name = `stream, read ${reads} write ${writes}`;
    return dispatchWork(gpu, name, [dispatch], { bytesMoved: moved, destroy: arrays.destroy });
  } catch (error) {
    arrays.destroy();
    throw error;
  }
}
