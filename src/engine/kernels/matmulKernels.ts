import quadsCode from "../../../shaders/engine/matmul/quads.wgsl?raw";
import quadTileCode from "../../../shaders/engine/matmul/quadTile.wgsl?raw";
import quadTile16Code from "../../../shaders/engine/matmul/quadTile16.wgsl?raw";
import registerTileCode from "../../../shaders/engine/matmul/registerTile.wgsl?raw";
import sharedTileCode from "../../../shaders/engine/matmul/sharedTile.wgsl?raw";
import slicedTileCode from "../../../shaders/engine/matmul/slicedTile.wgsl?raw";
import type { ShaderPart } from "../../gpu/index.ts";
import { type MatmulShape, matmulPart } from "./matmulShape.ts";

/** A kernel of the family, and how it cuts a product up. */
export interface MatmulKernel {
  /** Parts that have to come before all others of a module. */
  readonly first: readonly ShaderPart[];
  readonly parts: readonly ShaderPart[];
  readonly constants: Readonly<Record<string, number>>;
  /** Rows and columns of a tile. */
  readonly tile: readonly [rows: number, columns: number];
  readonly tilesPerWorkgroup: number;
  /** Invocations of a workgroup. */
  readonly lanes: number;
  readonly needsSubgroups?: boolean;
}

const quadTile = (body: ShaderPart, side: number): MatmulKernel => ({
  first: [matmulPart("quads", quadsCode)],
  parts: [body],
  constants: {},
  tile: [side, side],
  tilesPerWorkgroup: 4,
  lanes: 16,
  needsSubgroups: true,
});

const sharedTile = (side: number): MatmulKernel => ({
  first: [],
  parts: [matmulPart("sharedTile", sharedTileCode)],
  constants: { LANES: side },
  tile: [4 * side, 4 * side],
  tilesPerWorkgroup: 1,
  lanes: side * side,
});

function slicedTile({ columns }: MatmulShape): MatmulKernel {
  const across = Math.max(1, Math.min(16, 2 ** Math.ceil(Math.log2(columns / 4))));
  const slices = Math.min(64, 256 / across);
  return {
    first: [],
    parts: [matmulPart("slicedTile", slicedTileCode)],
    constants: { COLUMN_LANES: across, SLICES: slices },
    tile: [4, 4 * across],
    tilesPerWorkgroup: 1,
    lanes: across * slices,
  };
}

const kernels = {
  /** 8 × 8 a lane, in registers. */
  registerTile: (): MatmulKernel => ({
    first: [],
    parts: [matmulPart("registerTile", registerTileCode)],
    constants: {},
    tile: [8, 8],
    tilesPerWorkgroup: 32,
    lanes: 32,
  }),
  /** 32 × 32 a quad, in registers. */
  quadTile: () => quadTile(matmulPart("quadTile", quadTileCode), 32),
  /** 16 × 16 a quad, in registers. */
  quadTile16: () => quadTile(matmulPart("quadTile16", quadTile16Code), 16),
  /** 64 × 64 a workgroup, through workgroup memory. */
  sharedTile64: () => sharedTile(16),
  /** 32 × 32 a workgroup, through workgroup memory. */
  sharedTile32: () => sharedTile(8),
  /** Four rows a workgroup, whose lanes share the inner index out. */
  slicedTile,
} satisfies Record<string, (shape: MatmulShape) => MatmulKernel>;

export type MatmulKernelName = keyof typeof kernels;

export const matmulKernelNames = Object.keys(kernels) as MatmulKernelName[];

export const matmulKernel = (name: MatmulKernelName, shape: MatmulShape): MatmulKernel => kernels[name](shape);

/** How many workgroups a product takes. */
export function workgroupsOf(
  { tile, tilesPerWorkgroup }: MatmulKernel,
  { batch, rows, columns }: MatmulShape,
  splits: number,
): number {
  return Math.ceil((splits * batch * Math.ceil(rows / tile[0]) * Math.ceil(columns / tile[1])) / tilesPerWorkgroup);
}
