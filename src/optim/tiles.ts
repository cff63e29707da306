import type { Slice } from "../gpu/index.ts";

/** One tensor as the update kernel sees it. The slices of a state have the tensor to themselves, padding and all. */
export interface Placement {
  readonly name: string;
  readonly param: Slice;
  readonly grad: Slice;
  /** One for each state; all at the same offset. */
  readonly states: readonly Slice[];
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
  /** What each tile of the dispatch is a part of. */
  readonly tiles: readonly Tile[];
}

/** Numbers in a `struct Tile` of shaders/optim/parts/tiles.wgsl. */
export const tileFields = 8;

export interface TileSizes {
  /** Lanes of a workgroup. */
  readonly workgroupSize: number;
  readonly maxStorageBufferBindingSize: number;
  readonly minStorageBufferOffsetAlignment: number;
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

/**
 * Cuts tensors into tiles and gathers the tiles into as few dispatches as bindings allow: one, where all tensors lie in
 * slabs of their own. A dispatch ends where the next tile is in other buffers, where a window would grow past the
 * binding limit, or where two windows on one buffer would overlap.
 */
export function planRuns(placements: readonly Placement[], sizes: TileSizes): Run[] {
  const runs: Run[] = [];
  for (const lanes of [4, 1] as const) {
    for (const neighbours of byBuffers(placements)) {
      let open: OpenRun | undefined;
      for (const placement of neighbours) {
        for (const tile of tilesOf(placement, lanes, sizes.workgroupSize)) {
          if (open?.add(tile)) continue;
          if (open) runs.push(open.close());
          open = new OpenRun(tile, lanes, sizes);
        }
      }
      if (open) runs.push(open.close());
    }
  }
  return runs;
}

/** Tensors whose parameter, gradient and states are in the same buffers, in the order they came. */
function byBuffers(placements: readonly Placement[]): Iterable<Placement[]> {
  const ids = new Map<GPUBuffer, number>();
  const id = ({ buffer }: Slice): number => {
    const known = ids.get(buffer) ?? ids.size;
    ids.set(buffer, known);
    return known;
  };
  const sets = new Map<string, Placement[]>();
  for (const placement of placements) {
    const key = [placement.param, placement.grad, ...placement.states].map(id).join();
    const set = sets.get(key);
    if (set) set.push(placement);
    else sets.set(key, [placement]);
  }
  return sets.values();
}

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

/** A range of bytes that grows over tiles, from an aligned start. */
interface Window {
  readonly start: number;
  readonly end: number;
}

const roles = ["param", "grad", "state"] as const;

class OpenRun {
  readonly #lanes: 4 | 1;
  readonly #sizes: TileSizes;
  readonly #first: Placement;
  readonly #tiles: Tile[] = [];
  #windows: Record<(typeof roles)[number], Window>;

  constructor(tile: Tile, lanes: 4 | 1, sizes: TileSizes) {
    this.#lanes = lanes;
    this.#sizes = sizes;
    this.#first = tile.placement;
    const at = (role: (typeof roles)[number]): Window => this.#around(tile, role, { start: Infinity, end: 0 });
    this.#windows = { param: at("param"), grad: at("grad"), state: at("state") };
    this.#tiles.push(tile);
  }

  /** Takes a tile in, or says that it belongs to the next run. */
  add(tile: Tile): boolean {
    const [param, grad, state] = roles.map((role) => this.#around(tile, role, this.#windows[role])) as [
      Window,
      Window,
      Window,
    ];
    const { maxStorageBufferBindingSize: max } = this.#sizes;
    if ([param, grad, state].some(({ start, end }) => end - start > max)) return false;
    if ((this.#tiles.length + 1) * tileFields * 4 > max) return false;
    const oneBuffer = this.#first.param.buffer === this.#first.grad.buffer;
    if (oneBuffer && param.start < grad.end && grad.start < param.end) return false;
    this.#windows = { param, grad, state };
    this.#tiles.push(tile);
    return true;
  }

  close(): Run {
    const { param, grad, state } = this.#windows;
    const view = (slice: Slice, { start, end }: Window): Slice => ({
      buffer: slice.buffer,
      offset: start,
      size: end - start,
    });
    return {
      lanes: this.#lanes,
      param: view(this.#first.param, param),
      grad: view(this.#first.grad, grad),
      states: this.#first.states.map((slice) => view(slice, state)),
      tiles: this.#tiles,
    };
  }

  #around(tile: Tile, role: (typeof roles)[number], window: Window): Window {
    const multiple = this.#sizes.minStorageBufferOffsetAlignment;
    const start = Math.floor(tile[role] / multiple) * multiple;
    const end = tile[role] + Math.ceil(tile.elements / this.#lanes) * this.#lanes * 4;
    return { start: Math.min(start, window.start), end: Math.max(end, window.end) };
  }
}

/**
 * A run's tiles as its kernel reads them. `rowOf` gives the row of scalars of a tensor, by name; one that has none is
 * left alone: its tiles have no elements.
 */
export function tileTable(run: Run, rowOf: ReadonlyMap<string, number>): Uint32Array<ArrayBuffer> {
  const { lanes, param, grad, states, tiles } = run;
  const table = new Uint32Array(tiles.length * tileFields);
  const starts = [param.offset, grad.offset, states[0]?.offset ?? 0];
  for (const [i, { placement, first, slot, elements, ...tile }] of tiles.entries()) {
    const row = rowOf.get(placement.name);
    const offsets = [tile.param, tile.grad, tile.state].map(
      (bytes, role) => (bytes - (starts[role] ?? 0)) / (lanes * 4),
    );
    table.set([...offsets, row === undefined ? 0 : elements, first, row ?? 0, placement.tensor, slot], i * tileFields);
  }
  return table;
}
