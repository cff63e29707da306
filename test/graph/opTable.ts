import { kernelRows } from "./kernelRows.ts";
import { mapRows } from "./mapRows.ts";
import type { OpRow } from "./opRow.ts";
import { structureRows } from "./structureRows.ts";

/** Every operation, on what it is for and on what lies at its edges. The tables of tests are read from here. */
export const opTable: readonly OpRow[] = [...mapRows, ...structureRows, ...kernelRows];
