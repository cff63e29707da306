import type { Limits } from "../../gpu/index.ts";
import { type MatmulKernelName, matmulKernel, workgroupsOf } from "./matmulKernels.ts";
import type { MatmulShape } from "./matmulShape.ts";

/** Which kernel makes a product, and in how many parts the sum over the inner index is taken. */
export interface MatmulChoice {
  readonly kernel: MatmulKernelName;
  /** 1 where it is taken as a whole; more splits than the inner index has groups of 16 are as many. */
  readonly splits: number;
}

/** What the choice needs to know of a device. */
export interface MatmulDevice {
  readonly isSoftware: boolean;
  /** Whether it was opened with the feature `subgroups`. */
  readonly subgroups: boolean;
  readonly limits: Pick<Limits, "maxComputeInvocationsPerWorkgroup">;
  /** What was found to be the fastest there (see `probeMatmul`); the table for devices of its kind where nothing was. */
  readonly matmulTable?: MatmulTable;
}

/** When to take a kernel. */
export interface MatmulRule {
  readonly kernel: MatmulKernelName;
  /** Only for products with at most so many rows. */
  readonly maxRows?: number;
  /** Only for products with at most so many columns. */
  readonly maxColumns?: number;
  /** Only for products that take at least so many workgroups, before any split. */
  readonly minWorkgroups?: number;
  /** The inner index is split as long as there are at most so many workgroups, … */
  readonly splitTo?: number;
  /** … in parts no shorter than this. */
  readonly minChunk?: number;
}

/** Rules in the order in which they are asked: the first that fits is taken. The last fits always. */
export type MatmulTable = readonly MatmulRule[];

/** Adapters that compute on the CPU: barriers and workgroup memory are slow, and a few workgroups keep it busy. */
export const softwareTable: MatmulTable = [
  { kernel: "quadTile16", maxRows: 16 },
  { kernel: "quadTile16", maxColumns: 16 },
  { kernel: "quadTile" },
  { kernel: "registerTile" },
];

/** GPUs. Splits where that gives at least twice the workgroups, up to 64: adding up is a launch more, and has to pay. */
export const hardwareTable: MatmulTable = [
  { kernel: "slicedTile", maxRows: 4 },
  { kernel: "slicedTile", maxColumns: 4 },
  { kernel: "sharedTile64", minWorkgroups: 64 },
  { kernel: "sharedTile32", splitTo: 64, minChunk: 128 },
];

const maxSplits = 32;

/** The table's choice: a function of the shape and the device alone, so that the same work always gives the same bits. */
export function chooseMatmul(
  shape: MatmulShape,
  device: MatmulDevice,
  table: MatmulTable = device.matmulTable ?? (device.isSoftware ? softwareTable : hardwareTable),
): MatmulChoice {
  const rule = table.find((candidate) => fits(candidate, shape, device)) ?? (table.at(-1) as MatmulRule);
  const { kernel, splitTo = 1, minChunk = 1 } = rule;
  const workgroups = Math.max(1, workgroupsOf(matmulKernel(kernel, shape), shape, 1));
  const splits = Math.min(Math.floor(splitTo / workgroups), Math.floor(shape.inner / minChunk), maxSplits);
  return { kernel, splits: Math.max(1, splits) };
}

/** Whether a rule is for a shape, on a device that can do it. */
export function fits(rule: MatmulRule, shape: MatmulShape, { limits, subgroups }: MatmulDevice): boolean {
  const kernel = matmulKernel(rule.kernel, shape);
  return (
    shape.rows <= (rule.maxRows ?? Infinity) &&
    shape.columns <= (rule.maxColumns ?? Infinity) &&
    workgroupsOf(kernel, shape, 1) >= (rule.minWorkgroups ?? 0) &&
    (subgroups || !kernel.needsSubgroups) &&
    kernel.lanes <= limits.maxComputeInvocationsPerWorkgroup
  );
}
