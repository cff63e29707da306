import { type Dispatch, type Gpu, timeDispatches } from "../gpu/index.ts";
import { matmul } from "./kernels/matmul.ts";
import { chooseMatmul, fits, type MatmulRule, type MatmulTable } from "./kernels/matmulChoice.ts";
import { type MatmulKernelName, matmulKernel, matmulKernelNames } from "./kernels/matmulKernels.ts";
import type { MatmulShape } from "./kernels/matmulShape.ts";
import { storeProduct } from "./kernels/matmulStore.ts";
import { prepareLaunch } from "./launch.ts";
import { deviceOf } from "./lower/program.ts";
import { MatmulTrial } from "./matmulTrial.ts";
import { Workspace } from "./workspace.ts";

/** Products of a kind, and one that stands for them. */
export interface MatmulClass extends Pick<MatmulRule, "maxRows" | "maxColumns" | "splitTo" | "minChunk"> {
  readonly shape: MatmulShape;
  /** Only products with at least so many elements in all. */
  readonly minElements?: number;
}

/** Where a table is kept from one start to the next, such as `localStorage`. */
export interface ProbeMemory {
  getItem(key: string): string | null;
  setItem(key: string, text: string): void;
}

export interface ProbeOptions {
  /** In the order in which the table asks for them; the last takes all that is left. */
  readonly classes?: readonly MatmulClass[];
  /** How long all timings together should take, in milliseconds, apart from the compilation of the kernels. */
  readonly budgetMs?: number;
  /** Nothing is kept where there is none. */
  readonly memory?: ProbeMemory;
  /** What times dispatches, so many rounds of them. */
  readonly time?: (gpu: Gpu, dispatches: readonly Dispatch[], rounds: number) => Promise<{ readonly timeMs: number }>;
}

/** The kinds of products that the tables for GPUs tell apart. */
export const matmulClasses: readonly MatmulClass[] = [
  { maxRows: 4, shape: { batch: 1, rows: 4, columns: 1024, inner: 512 } },
  { maxColumns: 4, shape: { batch: 1, rows: 1024, columns: 4, inner: 512 } },
  { minElements: 512 * 512, shape: { batch: 1, rows: 512, columns: 512, inner: 256 } },
  { splitTo: 64, minChunk: 128, shape: { batch: 1, rows: 128, columns: 256, inner: 256 } },
];

/** How much faster than the choice made without measuring another kernel has to be: less may be chance. */
const clearly = 0.95;
const mostRounds = 100;

/**
 * Which kernel is the fastest for each class of products on this device, by timing them: a table for `deviceOf`. The table
 * that is there without measuring decides where no other kernel is clearly faster and for what the time did not suffice; of
 * others that take as long, the first of `matmulKernelNames` does. Of those that were timed, only one whose product was found
 * right on this device is taken; the plainest, `registerTile`, where none was.
 */
export async function probeMatmul(gpu: Gpu, options: ProbeOptions = {}): Promise<MatmulTable> {
  const { classes = matmulClasses, budgetMs = 200, memory, time = timeDispatches } = options;
  const key = keyOf(gpu, classes);
  const known = parse(memory?.getItem(key));
  if (known) return known;
  let leftMs = budgetMs;
  const stopwatch: Stopwatch = {
    shareMs: budgetMs / (classes.length * candidatesOf(gpu).length),
    hasTime: () => leftMs > 0,
    async time(dispatches, rounds) {
      const { timeMs } = await time(gpu, dispatches, rounds);
      leftMs -= timeMs * rounds;
      return timeMs;
    },
  };
  const table: MatmulRule[] = [];
  for (const each of classes) table.push(ruleOf(each, await fastest(gpu, each, stopwatch)));
  memory?.setItem(key, JSON.stringify(table));
  return table;
}

interface Stopwatch {
  /** What the timing of one kernel on one shape should take. */
  readonly shareMs: number;
  hasTime(): boolean;
  /** Milliseconds of a round. */
  time(dispatches: readonly Dispatch[], rounds: number): Promise<number>;
}

async function fastest(gpu: Gpu, each: MatmulClass, stopwatch: Stopwatch): Promise<MatmulKernelName> {
  const { kernel: usual } = chooseMatmul(each.shape, deviceOf(gpu));
  if (!stopwatch.hasTime()) return usual;
  const workspace = new Workspace(gpu);
  try {
    const names = candidatesOf(gpu);
    const trial = new MatmulTrial(gpu, workspace, each.shape);
    const dispatches = await Promise.all(names.map((name) => prepare(gpu, trial, each, name)));
    let [best, bestMs]: [MatmulKernelName, number] = ["registerTile", Infinity];
    // The usual one first: nothing can be said of the others without it.
    for (const name of [usual, ...names.filter((name) => name !== usual)]) {
      if (!stopwatch.hasTime()) break;
      const own = dispatches[names.indexOf(name)] as readonly Dispatch[];
      const firstMs = await stopwatch.time(own, 1);
      const rounds = Math.min(Math.floor(stopwatch.shareMs / Math.max(firstMs, 1e-3)), mostRounds);
      const timeMs = (rounds > 1 ? await stopwatch.time(own, rounds) : firstMs) * (name === usual ? clearly : 1);
      if (timeMs < bestMs && (await trial.isRight(own))) [best, bestMs] = [name, timeMs];
    }
    return best;
  } finally {
    workspace.destroy();
  }
}

const candidatesOf = (gpu: Gpu): MatmulKernelName[] => {
  const shape = { batch: 1, rows: 64, columns: 64, inner: 64 };
  return matmulKernelNames.filter((kernel) => fits({ kernel }, shape, deviceOf(gpu)));
};

/** The dispatches of a product of the class's shape by a kernel. */
async function prepare(
  gpu: Gpu,
  trial: MatmulTrial,
  each: MatmulClass,
  name: MatmulKernelName,
): Promise<readonly Dispatch[]> {
  const device = deviceOf(gpu);
  const choice = chooseMatmul(each.shape, device, [ruleOf(each, name)]);
  const { left, right, product } = trial;
  const launches = matmul(each.shape, left, right, storeProduct(each.shape, product), device, choice);
  return Promise.all(launches.map((launch) => prepareLaunch(gpu, launch, trial.place)));
}

function ruleOf({ shape, minElements, ...rule }: MatmulClass, kernel: MatmulKernelName): MatmulRule {
  if (minElements === undefined) return { kernel, ...rule };
  const { tile, tilesPerWorkgroup } = matmulKernel(kernel, shape);
  return { kernel, ...rule, minWorkgroups: Math.ceil(minElements / (tile[0] * tile[1] * tilesPerWorkgroup)) };
}

/** Whatever the choice depends on: a table is of no use on another adapter, nor for other classes or kernels. */
function keyOf(gpu: Gpu, classes: readonly MatmulClass[]): string {
  const { vendor, architecture, device, description } = gpu.adapter;
  const adapter = [vendor, architecture, device, description];
  return `shrinkstep/matmul ${JSON.stringify([...adapter, candidatesOf(gpu), classes])}`;
}

/** A table from the memory; undefined where it is none. */
function parse(text: string | null | undefined): MatmulTable | undefined {
  try {
    const table: unknown = JSON.parse(text ?? "");
    return Array.isArray(table) && table.length > 0 && table.every(isRule) ? table : undefined;
  } catch {
    return undefined;
  }
}

const isRule = (rule: unknown): rule is MatmulRule =>
  typeof rule === "object" &&
  rule !== null &&
  "kernel" in rule &&
  matmulKernelNames.some((name) => name === rule.kernel);
