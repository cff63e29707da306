import chainsCode from "../../../shaders/engine/gather/chains.wgsl?raw";
import gatherCode from "../../../shaders/engine/gather/gather.wgsl?raw";
import occurrencesCode from "../../../shaders/engine/gather/occurrences.wgsl?raw";
import raggedCode from "../../../shaders/engine/gather/ragged.wgsl?raw";
import scanCode from "../../../shaders/engine/gather/scan.wgsl?raw";
import stackIdsCode from "../../../shaders/engine/gather/stackIds.wgsl?raw";
import sumsCode from "../../../shaders/engine/gather/sums.wgsl?raw";
import wideCode from "../../../shaders/engine/gather/wide.wgsl?raw";
import type { ShaderPart } from "../../gpu/index.ts";
import type { Launch, Value, View } from "../launch.ts";

/** A table [rows, columns], and how many of its rows are looked up. */
export interface GatherSizes {
  readonly rows: number;
  readonly columns: number;
  readonly ids: number;
}

const lanesPerWorkgroup = 64;
/** As in shaders/engine/gather/chains.wgsl. */
const buckets = 256;
const idsInBlock = 1024;
/** Up to so many comparisons of an id with a row's number, one launch that makes them all is faster than three that do not. */
const fewComparisons = 2 ** 20;

const part = (name: string, code: string): ShaderPart => ({ file: `shaders/engine/gather/${name}.wgsl`, code });

const wide = part("wide", wideCode);
const ragged = part("ragged", raggedCode);

/** The modules, by what they do and for rows in fours or of any length. */
export const gatherParts = {
  gather: (isWide: boolean) => [isWide ? wide : ragged, part("gather", gatherCode)],
  scan: (isWide: boolean) => [isWide ? wide : ragged, part("scan", scanCode)],
  sums: (isWide: boolean) => [isWide ? wide : ragged, part("sums", sumsCode)],
  chains: [part("chains", chainsCode)],
  occurrences: [part("occurrences", occurrencesCode)],
  stackIds: [part("stackIds", stackIdsCode)],
};

/**
 * y [ids, columns]: y[n] = table[ids[n]], the table being [rows, columns] and the ids uint32. An id that is no row reads
 * nothing and gives a row of zeros.
 */
export function gather(sizes: GatherSizes, { table, ids, y }: { table: Value; ids: Value; y: Value }): Launch[] {
  if (y.elements === 0) return [];
  const { isWide, width } = elementsIn(sizes);
  return [
    {
      label: "engine/gather",
      parts: gatherParts.gather(isWide),
      constants: { ROWS: sizes.rows, WIDTH: width, IDS: sizes.ids },
      bindings: [read(table), read(ids), written(y)],
      workgroups: workgroupsFor(sizes.ids * width),
    },
  ];
}

/**
 * stacked [tables, ids]: ids of rows of several tables, of `rows` each, as ids of the same rows where the tables lie one
 * after the other. What is no row is 0xffffffff then. `ids` is [tables, ids], whose rows are dense; uint32 both.
 */
export function stackIds(rows: number, ids: View, stacked: Value): Launch[] {
  if (stacked.elements === 0) return [];
  const [tables, count] = ids.shape as readonly [number, number];
  return [
    {
      label: "engine/stackIds",
      parts: gatherParts.stackIds,
      constants: { ROWS: rows, TABLES: tables, IDS: count, OFFSET: ids.offset, STRIDE: ids.strides[0] as number },
      bindings: [read(ids.value), written(stacked)],
      workgroups: workgroupsFor(stacked.elements),
    },
  ];
}

/** What a table's gradient is made of. */
export interface GatherGradientValues {
  readonly ids: Value;
  readonly dy: Value;
  readonly dtable: Value;
}

/**
 * dtable [rows, columns]: row v is the sum, in the order of n, of the rows dy[n] with ids[n] = v. An id that is no row is
 * left out. One launch for a few of both, three elsewhere; both give the same bits.
 */
export function gatherGradient(sizes: GatherSizes, values: GatherGradientValues): Launch[] {
  if (values.dtable.elements === 0) return [];
  return sizes.ids * values.dtable.elements <= fewComparisons ? scan(sizes, values) : follow(sizes, values);
}

function scan(sizes: GatherSizes, { ids, dy, dtable }: GatherGradientValues): Launch[] {
  const { isWide, width } = elementsIn(sizes);
  return [
    {
      label: "engine/gatherGradient",
      parts: gatherParts.scan(isWide),
      constants: { ROWS: sizes.rows, WIDTH: width, IDS: sizes.ids },
      bindings: [read(ids), read(dy), written(dtable)],
      workgroups: workgroupsFor(sizes.rows * width),
    },
  ];
}

function follow(sizes: GatherSizes, { ids, dy, dtable }: GatherGradientValues): Launch[] {
  const { isWide, width } = elementsIn(sizes);
  const blocks = Math.ceil(sizes.ids / idsInBlock);
  const heads = scratch("starts of chains of ids", blocks * buckets);
  const next = scratch("links of chains of ids", sizes.ids);
  const occurrences = scratch("occurrences of ids", sizes.rows + sizes.ids);
  const constants = { ROWS: sizes.rows, IDS: sizes.ids, BLOCKS: blocks };
  return [
    {
      label: "engine/gatherGradient, chains",
      parts: gatherParts.chains,
      constants,
      bindings: [read(ids), written(heads), written(next)],
      workgroups: workgroupsFor(heads.elements),
    },
    {
      label: "engine/gatherGradient, occurrences",
      parts: gatherParts.occurrences,
      constants,
      bindings: [read(ids), read(heads), read(next), written(occurrences)],
      workgroups: workgroupsFor(occurrences.elements),
    },
    {
      label: "engine/gatherGradient, sums",
      parts: gatherParts.sums(isWide),
      constants: { ROWS: sizes.rows, WIDTH: width },
      bindings: [read(occurrences), read(dy), written(dtable)],
      workgroups: workgroupsFor(sizes.rows * width),
    },
  ];
}

/** How many elements, of four numbers or one, a row has. */
function elementsIn({ columns }: GatherSizes): { isWide: boolean; width: number } {
  const isWide = columns % 4 === 0;
  return { isWide, width: isWide ? columns / 4 : columns };
}

const workgroupsFor = (lanes: number): number => Math.ceil(lanes / lanesPerWorkgroup);
const scratch = (label: string, elements: number): Value => ({ label, elements, dtype: "uint32" });
const read = (value: Value) => ({ value, access: "read" }) as const;
const written = (value: Value) => ({ value, access: "readWrite" }) as const;
