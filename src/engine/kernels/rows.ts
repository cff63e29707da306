import exponentialCode from "../../../shaders/engine/parts/exponential.wgsl?raw";
import exponentialsCode from "../../../shaders/engine/parts/exponentials.wgsl?raw";
import logarithmCode from "../../../shaders/engine/parts/logarithm.wgsl?raw";
import subgroupsCode from "../../../shaders/engine/parts/subgroups.wgsl?raw";
import blocksCode from "../../../shaders/engine/rows/blocks.wgsl?raw";
import laneCode from "../../../shaders/engine/rows/lane.wgsl?raw";
import raggedCode from "../../../shaders/engine/rows/ragged.wgsl?raw";
import subgroupRowsCode from "../../../shaders/engine/rows/subgroups.wgsl?raw";
import teamCode from "../../../shaders/engine/rows/team.wgsl?raw";
import wideCode from "../../../shaders/engine/rows/wide.wgsl?raw";
import type { ShaderPart } from "../../gpu/index.ts";
import type { Launch } from "../launch.ts";

/** A matrix, row-major: the last axis is the columns, all others together are the rows. */
export interface RowsShape {
  readonly rows: number;
  readonly columns: number;
}

/** What lowerings of rows have to know of the adapter. */
export interface RowsDevice {
  /** It computes on the CPU, where a barrier costs more than a row. */
  readonly isSoftware: boolean;
  /** Whether it was opened with the feature `subgroups`. */
  readonly subgroups: boolean;
}

/** A body for `shaders/engine/rows/`, with what it is launched over. */
export interface RowsKernel extends RowsShape {
  readonly label: string;
  /** Files that define `compute(row, lane)` or `compute(block, group)`. */
  readonly body: readonly ShaderPart[];
  readonly constants?: Readonly<Record<string, number>>;
  readonly bindings: Launch["bindings"];
}

const lanesPerWorkgroup = 64;
const lanesPerTeam = 256;

/** A launch of a body that takes a row at a time: a lane, a team of lanes or a whole workgroup to each. */
export function rowLaunch(kernel: RowsKernel, device: RowsDevice): Launch {
  const { label, body, rows, columns, constants, bindings } = kernel;
  const { groups, parts } = elementsOf(columns);
  const { before, after, lanes, rowsPerWorkgroup } = sharing(groups, device);
  return {
    label,
    parts: [...before, ...body, after, ...parts],
    constants: { ...constants, ROWS: rows, COLUMNS: columns, WIDTH: groups, ...(lanes && { LANES: lanes }) },
    bindings,
    workgroups: Math.ceil(rows / rowsPerWorkgroup),
  };
}

interface Sharing {
  /** A module's `enable` has to come first. */
  readonly before: readonly ShaderPart[];
  readonly after: ShaderPart;
  /** Lanes a row, where more than one. */
  readonly lanes?: number;
  readonly rowsPerWorkgroup: number;
}

/** How lanes share rows of so many groups out. */
function sharing(groups: number, { isSoftware, subgroups }: RowsDevice): Sharing {
  // A team should have two groups a lane; where that makes a handful of lanes, the tree costs more than the row.
  const lanes = Math.min(2 ** Math.ceil(Math.log2(Math.max(groups / 2, 1))), lanesPerTeam);
  if (isSoftware || lanes < 4) return { before: [], after: lane, rowsPerWorkgroup: lanesPerWorkgroup };
  if (!subgroups || lanes < 32) return { before: [], after: team, lanes, rowsPerWorkgroup: lanesPerTeam / lanes };
  // Subgroups may have 64 lanes: a smaller workgroup would leave some of them idle.
  return { before: [subgroupsPart], after: subgroupRows, lanes: Math.max(lanes, 64), rowsPerWorkgroup: 1 };
}

/** A launch of a body that sums the columns of every block of `block` rows, of each of so many equal parts of the rows. */
export function blockLaunch({ label, body, rows, columns, bindings }: RowsKernel, block: number, copies = 1): Launch {
  const { groups, parts } = elementsOf(columns);
  const own = blocksOf(rows / copies, block);
  const blocks = copies * own;
  return {
    label,
    parts: [...body, blocksPart, ...parts],
    constants: { ROWS: rows / copies, WIDTH: groups, BLOCK: block, COPY_BLOCKS: own, BLOCKS: blocks },
    bindings,
    workgroups: Math.ceil((blocks * groups) / lanesPerWorkgroup),
  };
}

/** Blocks that rows make up; of no rows, one that sums nothing. */
export const blocksOf = (rows: number, block: number): number => Math.max(Math.ceil(rows / block), 1);

/** How a row is taken in: four numbers at a time where they come in fours. */
function elementsOf(columns: number) {
  const isWide = columns % 4 === 0;
  return { groups: isWide ? columns / 4 : columns, parts: isWide ? wide : ragged };
}

const lane: ShaderPart = { file: "shaders/engine/rows/lane.wgsl", code: laneCode };
const team: ShaderPart = { file: "shaders/engine/rows/team.wgsl", code: teamCode };
const subgroupsPart: ShaderPart = { file: "shaders/engine/parts/subgroups.wgsl", code: subgroupsCode };
const subgroupRows: ShaderPart = { file: "shaders/engine/rows/subgroups.wgsl", code: subgroupRowsCode };
const blocksPart: ShaderPart = { file: "shaders/engine/rows/blocks.wgsl", code: blocksCode };
const mathematics: readonly ShaderPart[] = [
  { file: "shaders/engine/parts/exponential.wgsl", code: exponentialCode },
  { file: "shaders/engine/parts/logarithm.wgsl", code: logarithmCode },
];
const wide: readonly ShaderPart[] = [
  { file: "shaders/engine/rows/wide.wgsl", code: wideCode },
  { file: "shaders/engine/parts/exponentials.wgsl", code: exponentialsCode },
  ...mathematics,
];
const ragged: readonly ShaderPart[] = [{ file: "shaders/engine/rows/ragged.wgsl", code: raggedCode }, ...mathematics];
