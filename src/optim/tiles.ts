import type { Limits, Slice } from "../gpu/index.ts";
import { type Dtype, dtypeBytes, kindBytes, type StateSlice } from "./storage.ts";

/** One tensor as the update kernel sees it. The slices of a state have the tensor to themselves, padding and all. */
export interface Placement {
  readonly name: string;
  /** Of the parameter and the gradient. */
  readonly dtype: Dtype;
  /** The gradient's own slice where a kernel works on gradients alone. */
  readonly param: Slice;
  readonly grad: Slice;
  /** One for each state; counted in elements, all at the same offset. */
  readonly states: readonly StateSlice[];
  readonly elements: number;
  /** Its number among the optimizer's tensors. */
  readonly tensor: number;
  /** The number of its first tile among the optimizer's. */
  readonly firstSlot: number;
}

/** How a kernel gets at parameters and gradients. */
export interface TensorAccess {
  readonly dtype: Dtype;
  /** Whether it keeps to whole elements where a buffer ends between two groups of four. */
  readonly isRagged: boolean;
}

/** One dispatch: the windows that its bindings show, and its tiles. */
export interface Run {
  readonly access: TensorAccess;
  readonly param: Slice;
  readonly grad: Slice;
  readonly states: readonly Slice[];
  /** Where the windows start, in elements. */
  readonly starts: Readonly<Record<Role, number>>;
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

/** Where one tile is, in elements from the start of each buffer. */
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
 * slabs of their own. A dispatch ends where the next tile is in other buffers, where a window would grow past the
 * binding limit, or where two windows on one buffer would overlap.
 */
export function planRuns(placements: readonly Placement[], sizes: TileSizes): Run[] {
  const runs: Run[] = [];
  for (const isRagged of [false, true]) {
    for (const neighbours of byBuffers(placements)) {
      let open: OpenRun | undefined;
      for (const placement of neighbours) {
        for (const tile of tilesOf(placement, isRagged, sizes.workgroupSize)) {
          if (open?.add(tile)) continue;
          if (open) runs.push(open.close());
          open = new OpenRun(tile, isRagged, sizes);
        }
      }
      if (open) runs.push(open.close());
    }
  }
  return runs;
}

/** Tensors of a dtype whose parameter, gradient and states are in the same buffers, in the order they came. */
function byBuffers(placements: readonly Placement[]): Iterable<Placement[]> {
  const ids = new Map<GPUBuffer, number>();
  const id = ({ buffer }: Slice): number => {
    const known = ids.get(buffer) ?? ids.size;
    ids.set(buffer, known);
    return known;
  };
  const sets = new Map<string, Placement[]>();
  for (const placement of placements) {
    const key = [placement.dtype, ...[placement.param, placement.grad, ...placement.states].map(id)].join();
    const set = sets.get(key);
    if (set) set.push(placement);
    else sets.set(key, [placement]);
  }
  return sets.values();
}

/** How many tiles a tensor has. */
export const tileCount = (elements: number, workgroupSize: number): number => Math.ceil(elements / (4 * workgroupSize));

/** Whether a buffer ends within the tensor's last group of four. */
function endsRagged({ dtype, param, grad, elements }: Placement): boolean {
  const needed = Math.ceil(elements / 4) * 4 * dtypeBytes(dtype);
  return Math.min(param.size, grad.size) < needed;
}

/** A tensor's tiles: all of them or, where its buffers end ragged, the last one by itself. */
function* tilesOf(placement: Placement, isRagged: boolean, workgroupSize: number): Generator<Tile> {
  const { dtype, param, grad, states, elements, firstSlot } = placement;
  const count = tileCount(elements, workgroupSize);
  const whole = endsRagged(placement) ? count - 1 : count;
  const [state] = states;
  for (let i = isRagged ? whole : 0; i < (isRagged ? count : whole); i++) {
    const first = i * 4 * workgroupSize;
    yield {
      placement,
      param: param.offset / dtypeBytes(dtype) + first,
      grad: grad.offset / dtypeBytes(dtype) + first,
      state: (state ? state.offset / kindBytes(state.kind) : 0) + first,
      first,
      elements: Math.min(4 * workgroupSize, elements - first),
      slot: firstSlot + i,
    };
  }
}

/** A range of elements that grows over tiles, from a start that is aligned in every buffer. */
interface Window {
  readonly start: number;
  readonly end: number;
}

const roles = ["param", "grad", "state"] as const;
type Role = (typeof roles)[number];

class OpenRun {
  readonly #isRagged: boolean;
  readonly #sizes: TileSizes;
  readonly #first: Placement;
  readonly #tiles: Tile[] = [];
  #windows: Record<(typeof roles)[number], Window>;

  constructor(tile: Tile, isRagged: boolean, sizes: TileSizes) {
    this.#isRagged = isRagged;
    this.#sizes = sizes;
    this.#first = tile.placement;
    const at = (role: Role): Window => this.#around(tile, role, { start: Infinity, end: 0 });
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
    const size = ({ start, end }: Window, role: Role): number => (end - start) * Math.max(0, ...this.#bytes(role));
    if (size(param, "param") > max || size(grad, "grad") > max || size(state, "state") > max) return false;
    if ((this.#tiles.length + 1) * tileFields * 4 > max) return false;
    const { param: params, grad: grads } = this.#first;
    const sharesBuffer = params !== grads && params.buffer === grads.buffer;
    if (sharesBuffer && param.start < grad.end && grad.start < param.end) return false;
    this.#windows = { param, grad, state };
    this.#tiles.push(tile);
    return true;
  }

  close(): Run {
    const { param, grad, state } = this.#windows;
    const { dtype, param: itsParam, grad: itsGrad, states } = this.#first;
    const view = ({ buffer }: Slice, { start, end }: Window, bytes: number): Slice => ({
      buffer,
      offset: start * bytes,
      size: Math.ceil(((end - start) * bytes) / 4) * 4,
    });
    return {
      access: { dtype, isRagged: this.#isRagged },
      param: view(itsParam, param, dtypeBytes(dtype)),
      grad: view(itsGrad, grad, dtypeBytes(dtype)),
      states: states.map((slice) => view(slice, state, kindBytes(slice.kind))),
      starts: { param: param.start, grad: grad.start, state: state.start },
      tiles: this.#tiles,
    };
  }

  /** Bytes of an element in each of a role's buffers. */
  #bytes(role: Role): readonly number[] {
    const { dtype, states } = this.#first;
    return role === "state" ? states.map(({ kind }) => kindBytes(kind)) : [dtypeBytes(dtype)];
  }

  #around(tile: Tile, role: Role, window: Window): Window {
    const alignment = this.#sizes.minStorageBufferOffsetAlignment;
    const multiple = Math.max(4, ...this.#bytes(role).map((bytes) => alignment / bytes));
    const start = Math.floor(tile[role] / multiple) * multiple;
    const end = tile[role] + (this.#isRagged && role !== "state" ? tile.elements : Math.ceil(tile.elements / 4) * 4);
    return { start: Math.min(start, window.start), end: Math.max(end, window.end) };
  }
}

/**
 * A run's tiles as its kernel reads them. `rowOf` gives the row of scalars of a tensor, by name; one that has none is
 * left alone: its tiles have no elements.
 */
export function tileTable(run: Run, rowOf: ReadonlyMap<string, number>): Uint32Array<ArrayBuffer> {
  const { starts, tiles } = run;
  const table = new Uint32Array(tiles.length * tileFields);
  for (const [i, { placement, first, slot, elements, ...tile }] of tiles.entries()) {
    const row = rowOf.get(placement.name);
    const offsets = roles.map((role) => (tile[role] - starts[role]) / 4);
    table.set([...offsets, row === undefined ? 0 : elements, first, row ?? 0, placement.tensor, slot], i * tileFields);
  }
  return table;
}
