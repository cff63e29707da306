import type { Limits, Slice } from "../gpu/index.ts";
import { byBuffers, gather, type Reach, type WindowSizes } from "./windows.ts";

/** One tensor as the update kernel sees it. The slices of a state have the tensor to themselves, padding and all. */
export interface Placement {
  readonly name: string;
  readonly shape: readonly number[];
  /** The gradient's own slice where a kernel works on gradients alone. */
  readonly param: Slice;
  readonly grad: Slice;
  /** One for each state; all at the same offset. */
  readonly states: readonly Slice[];
  /** Its packed states, where the rule has such. */
  readonly pack: Slice | undefined;
  readonly elements: number;
  /** Its number among the optimizer's tensors. */
  readonly tensor: number;
  /** The number of its first tile among the optimizer's. */
  readonly firstSlot: number;
}

/** One dispatch: the windows that its bindings show, and its tiles. */
export interface Run {
  /** Elements a lane works on: 4, or 1 for what is left between two groups of four. */
  readonly lanes: 4 | 1;
  readonly param: Slice;
  readonly grad: Slice;
  readonly states: readonly Slice[];
  readonly pack: Slice | undefined;
  /** What each tile of the dispatch is a part of. */
  readonly tiles: readonly Tile[];
}

/** Numbers in a `struct Tile` of shaders/optim/parts/tiles.wgsl. */
export const tileFields = 12;

export interface TileSizes extends WindowSizes {
  /** Lanes of a workgroup. */
  readonly workgroupSize: number;
}

/** Where one tile is, in bytes from the start of each buffer. */
export interface Tile {
  readonly placement: Placement;
  readonly param: number;
  readonly grad: number;
  readonly state: number;
  /** Its first element within the tensor, and how many it has. */
  readonly first: number;
  readonly elements: number;
  readonly slot: number;
}

/** Lanes of a workgroup: a power of two, so that a tree can add them up. */
export function workgroupSizeOf(limits: Limits): number {
  const most = Math.min(256, limits.maxComputeInvocationsPerWorkgroup, limits.maxComputeWorkgroupSizeX);
  return 2 ** Math.floor(Math.log2(most));
}

/**
 * Cuts tensors into tiles and gathers the tiles into as few dispatches as bindings allow: one, where all tensors lie in
 * slabs of their own.
 */
export function planRuns(placements: readonly Placement[], sizes: TileSizes): Run[] {
  const most = Math.floor(sizes.maxStorageBufferBindingSize / (tileFields * 4));
  return ([4, 1] as const).flatMap((lanes) =>
    [...byBuffers(placements, slicesOf)].flatMap((neighbours) => {
      const tiles = neighbours.flatMap((placement) => [...tilesOf(placement, lanes, sizes.workgroupSize)]);
      return gather(tiles, (tile) => reachesOf(tile, lanes), sizes, most).map(({ items, windows }): Run => {
        const [grad, ...rest] = windows as [Slice, ...Slice[]];
        const { placement } = items[0] as Tile;
        const states = rest.slice(0, placement.states.length);
        const [pack, param = grad] = placement.pack
          ? rest.slice(states.length)
          : [undefined, ...rest.slice(states.length)];
        return { lanes, param, grad, states, pack, tiles: items };
      });
    }),
  );
}

function slicesOf({ param, grad, states, pack }: Placement): Slice[] {
  return [grad, ...states, ...(pack ? [pack] : []), ...(param === grad ? [] : [param])];
}

/** What a tile reaches, in the order of `slicesOf`. */
function reachesOf({ placement, param, grad, state, first, elements }: Tile, lanes: 4 | 1): Reach[] {
  const bytes = Math.ceil(elements / lanes) * lanes * 4;
  const from = ({ buffer }: Slice, start: number): Reach => ({ buffer, start, end: start + bytes });
  const { states, pack } = placement;
  return [
    from(placement.grad, grad),
    ...states.map((slice) => from(slice, state)),
    ...(pack ? [isLine(placement) ? from(pack, pack.offset + first * 4) : wholeOf(pack)] : []),
    ...(placement.param === placement.grad ? [] : [from(placement.param, param)]),
  ];
}

const wholeOf = ({ buffer, offset, size }: Slice): Reach => ({ buffer, start: offset, end: offset + size });

/** Whether a tensor has fewer than two sides. What is packed of it has its elements, so that a tile reaches a part of it. */
const isLine = ({ shape }: Placement): boolean => shape.length < 2;

/** Elements in whole fours, the last one padded, as far as every buffer has room; what is left are one to three. */
function inFours({ param, grad, elements }: Pick<Placement, "param" | "grad" | "elements">): number {
  return 4 * Math.min(Math.ceil(elements / 4), Math.floor(param.size / 16), Math.floor(grad.size / 16));
}

/** How many tiles a tensor has. */
export function tileCount(placement: Pick<Placement, "param" | "grad" | "elements">, workgroupSize: number): number {
  const fours = inFours(placement);
  return Math.ceil(fours / (4 * workgroupSize)) + Math.ceil(Math.max(placement.elements - fours, 0) / workgroupSize);
}

/** Groups of four as far as every buffer has them whole; then, in a run of its own, the one to three elements left. */
function* tilesOf(placement: Placement, lanes: 4 | 1, workgroupSize: number): Generator<Tile> {
  const { param, grad, states, elements, firstSlot } = placement;
  const fours = inFours(placement);
  const [start, end] = lanes === 4 ? [0, Math.min(fours, elements)] : [fours, elements];
  const stride = workgroupSize * lanes;
  let slot = firstSlot + (lanes === 4 ? 0 : Math.ceil(fours / (4 * workgroupSize)));
  for (let first = start; first < end; first += stride) {
    yield {
      placement,
      param: param.offset + first * 4,
      grad: grad.offset + first * 4,
      state: (states[0]?.offset ?? 0) + first * 4,
      first,
      elements: Math.min(stride, end - first),
      slot: slot++,
    };
  }
}

/**
 * A run's tiles as its kernel reads them. `rowOf` gives the row of scalars of a tensor, by name; one that has none is
 * left alone: its tiles have no elements.
 */
export function tileTable(run: Run, rowOf: ReadonlyMap<string, number>): Uint32Array<ArrayBuffer> {
  const { lanes, param, grad, states, pack, tiles } = run;
  const table = new Uint32Array(tiles.length * tileFields);
  const starts = [param.offset, grad.offset, states[0]?.offset ?? 0];
  for (const [i, { placement, first, slot, elements, ...tile }] of tiles.entries()) {
    const row = rowOf.get(placement.name);
    const offsets = [tile.param, tile.grad, tile.state].map(
      (bytes, role) => (bytes - (starts[role] ?? 0)) / (lanes * 4),
    );
    const state = [row === undefined ? 0 : elements, first, row ?? 0, placement.tensor, slot];
    // A part of a pack may begin behind the pack itself: then the difference is negative, and sums with it wrap round.
    const packed = ((placement.pack?.offset ?? 0) - (pack?.offset ?? 0)) / 4;
    table.set([...offsets, ...state, packed, ...matricesOf(placement)], i * tileFields);
  }
  return table;
}

/** How many matrices a tensor is, and their last two sides; of a tensor of fewer sides 1, its elements, 0. */
function matricesOf({ shape, elements }: Placement): [matrices: number, rows: number, columns: number] {
  const [rows, columns] = shape.slice(-2);
  if (rows === undefined || columns === undefined) return [1, elements, 0];
  return [elements / (rows * columns), rows, columns];
}
