import type { Gpu, Limits, Slice } from "../gpu/index.ts";
import { type Dtype, dtypeBytes, kindBytes, type StateSlice } from "./storage.ts";
import { byBuffers, gather, type Reach, type WindowSizes } from "./windows.ts";

/** One tensor as the update kernel sees it. The slices of a state have the tensor to themselves, padding and all. */
export interface Placement {
  readonly name: string;
  readonly shape: readonly number[];
  /** Of the parameter and the gradient. */
  readonly dtype: Dtype;
  /** The gradient's own slice where a kernel works on gradients alone. */
  readonly param: Slice;
  readonly grad: Slice;
  /** One for each state; counted in elements, all at the same offset. */
  readonly states: readonly StateSlice[];
  /** Its packed states, where the rule has such. */
  readonly pack: Slice | undefined;
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
  readonly pack: Slice | undefined;
  /** What each tile of the dispatch is a part of. */
  readonly tiles: readonly Tile[];
}

/** Numbers in a `struct Tile` of shaders/optim/parts/tiles.wgsl. */
export const tileFields = 12;

export interface TileSizes extends WindowSizes {
  /** Lanes of a workgroup. */
  readonly workgroupSize: number;
  /** How many groups of four elements a lane has in a tile, one after the other: 1 where it is left out. */
  readonly rounds?: number;
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

type Device = Pick<Gpu, "adapter">;
const kindOf = ({ adapter }: Device) => (adapter.isSoftware ? "software" : "hardware");

/** Fewer lanes, for tensors so small that most would have nothing to do; hardware runs 32 or 64 at once anyhow. */
const fewerLanes = { hardware: [64], software: [64, 16] };
/** How many times as much work the larger workgroup has to be. */
const worthwhile = { hardware: 1.2, software: 1.05 };

/** As `workgroupSizeOf`, or fewer lanes where that saves work: reading a tile's place and scalars is as much as a round. */
export function workgroupSizeFor(gpu: Device & { readonly limits: Limits }, sizes: readonly number[]): number {
  const work = (workgroupSize: number): number => {
    const tiles = countTiles(sizes, { workgroupSize, rounds: roundsFor(gpu, sizes, workgroupSize) });
    return workgroupSize * (tiles + countTiles(sizes, { workgroupSize }));
  };
  const most = workgroupSizeOf(gpu.limits);
  const fewer = fewerLanes[kindOf(gpu)].filter((lanes) => lanes < most);
  return fewer.reduce((best, lanes) => (work(lanes) * worthwhile[kindOf(gpu)] < work(best) ? lanes : best), most);
}

/** Workgroups that keep a device busy: each of several thousand lanes at once, or two cores. */
const busy = { hardware: 2048, software: 16 };
const mostRounds = { hardware: 16, software: 64 };

/**
 * Rounds of a tile. The more there are, the more seldom a lane reads its place and its scalars; but there have to be
 * workgroups for all of the device, and tensors that are large enough.
 */
export function roundsFor(gpu: Device, sizes: readonly number[], workgroupSize: number): number {
  const enough = busy[kindOf(gpu)];
  const tiles = countTiles(sizes, { workgroupSize });
  for (let rounds = mostRounds[kindOf(gpu)]; rounds > 1; rounds--) {
    const fewer = countTiles(sizes, { workgroupSize, rounds });
    if (fewer >= enough && 2 * fewer <= tiles) return rounds;
  }
  return 1;
}

/**
 * Cuts tensors into tiles and gathers the tiles into as few dispatches as bindings allow: one, where all tensors lie in
 * slabs of their own.
 */
export function planRuns(placements: readonly Placement[], sizes: TileSizes): Run[] {
  const most = Math.floor(sizes.maxStorageBufferBindingSize / (tileFields * 4));
  return [false, true].flatMap((isRagged) =>
    [...byBuffers(placements, slicesOf, ({ dtype }) => dtype)].flatMap((neighbours) => {
      const tiles = neighbours.flatMap((placement) => [...tilesOf(placement, isRagged, sizes)]);
      return gather(tiles, (tile) => reachesOf(tile, isRagged, sizes), sizes, most).map(({ items, windows }): Run => {
        const [grad, ...rest] = windows as [Slice, ...Slice[]];
        const { placement } = items[0] as Tile;
        const states = rest.slice(0, placement.states.length);
        const [pack, param = grad] = placement.pack
          ? rest.slice(states.length)
          : [undefined, ...rest.slice(states.length)];
        return { access: { dtype: placement.dtype, isRagged }, param, grad, states, pack, tiles: items };
      });
    }),
  );
}

function slicesOf({ param, grad, states, pack }: Placement): Slice[] {
  return [grad, ...states, ...(pack ? [pack] : []), ...(param === grad ? [] : [param])];
}

/** What a tile reaches, in the order of `slicesOf`. */
function reachesOf(
  { placement, param, grad, state, first, elements }: Tile,
  isRagged: boolean,
  { minStorageBufferOffsetAlignment: alignment }: TileSizes,
): Reach[] {
  const { dtype, states, pack } = placement;
  const inFours = Math.ceil(elements / 4) * 4;
  const from = ({ buffer }: Slice, start: number, end: number, bytes: number): Reach => {
    return { buffer, start: start * bytes, end: Math.ceil((end * bytes) / 4) * 4 };
  };
  const of = (slice: Slice, start: number): Reach =>
    from(slice, start, start + (isRagged ? elements : inFours), dtypeBytes(dtype));
  // One index is good for all states, so their windows begin at one element, where a binding of each of them may.
  const multiple = Math.max(...states.map(({ kind }) => alignment / kindBytes(kind)));
  const begin = Math.floor(state / multiple) * multiple;
  return [
    of(placement.grad, grad),
    ...states.map((slice) => from(slice, begin, state + inFours, kindBytes(slice.kind))),
    ...(pack ? [isLine(placement) ? packReach(pack, first, inFours) : wholeOf(pack)] : []),
    ...(placement.param === placement.grad ? [] : [of(placement.param, param)]),
  ];
}

/** Of a pack that has a tensor's elements, those of a tile. */
function packReach({ buffer, offset }: Slice, first: number, elements: number): Reach {
  return { buffer, start: offset + first * 4, end: offset + (first + elements) * 4 };
}

const wholeOf = ({ buffer, offset, size }: Slice): Reach => ({ buffer, start: offset, end: offset + size });

/** Whether a tensor has fewer than two sides. What is packed of it has its elements, so that a tile reaches a part of it. */
const isLine = ({ shape }: Placement): boolean => shape.length < 2;

/** Rounds of a tile that is added up: the same on every device with room for them, since sums have the bits of their order. */
const mostSummed = 8;

/** Sizes of the tiles that sums are taken over. */
export function summingSizes(limits: Limits): Required<TileSizes> {
  const workgroupSize = workgroupSizeOf(limits);
  const room = limits.maxStorageBufferBindingSize - limits.minStorageBufferOffsetAlignment;
  const rounds = Math.min(mostSummed, Math.floor(room / (4 * elementsIn({ workgroupSize }))));
  return { ...limits, workgroupSize, rounds: Math.max(rounds, 1) };
}

type TileShape = Pick<TileSizes, "workgroupSize" | "rounds">;

/** Elements of a tile that is full. */
const elementsIn = ({ workgroupSize, rounds = 1 }: TileShape): number => 4 * workgroupSize * rounds;

/** How many tiles a tensor has. */
export const tileCount = (elements: number, shape: TileShape): number => Math.ceil(elements / elementsIn(shape));

export const elementsOf = (tensors: readonly { readonly elements: number }[]): number[] =>
  tensors.map(({ elements }) => elements);

const countTiles = (sizes: readonly number[], shape: TileShape): number =>
  sizes.reduce((sum, elements) => sum + tileCount(elements, shape), 0);

/** Whether a buffer ends within the tensor's last group of four. */
function endsRagged({ dtype, param, grad, elements }: Placement): boolean {
  const needed = Math.ceil(elements / 4) * 4 * dtypeBytes(dtype);
  return Math.min(param.size, grad.size) < needed;
}

/** A tensor's tiles: all of them or, where its buffers end ragged, the last one by itself. */
function* tilesOf(placement: Placement, isRagged: boolean, sizes: TileSizes): Generator<Tile> {
  const { dtype, param, grad, states, elements, firstSlot } = placement;
  const most = elementsIn(sizes);
  const count = tileCount(elements, sizes);
  const whole = endsRagged(placement) ? count - 1 : count;
  for (let i = isRagged ? whole : 0; i < (isRagged ? count : whole); i++) {
    const first = i * most;
    yield {
      placement,
      param: param.offset / dtypeBytes(dtype) + first,
      grad: grad.offset / dtypeBytes(dtype) + first,
      state: startOf(states[0]) + first,
      first,
      elements: Math.min(most, elements - first),
      slot: firstSlot + i,
    };
  }
}

/** Where a state begins in its buffer, in elements. */
const startOf = (state: StateSlice | undefined): number => (state ? state.offset / kindBytes(state.kind) : 0);

/**
 * A run's tiles as its kernel reads them. `rowOf` gives the row of scalars of a tensor, by name; one that has none is
 * left alone: its tiles have no elements.
 */
export function tileTable(run: Run, rowOf: ReadonlyMap<string, number>): Uint32Array<ArrayBuffer> {
  const { access, param, grad, states, pack, tiles } = run;
  const bytes = dtypeBytes(access.dtype);
  const table = new Uint32Array(tiles.length * tileFields);
  for (const [i, { placement, first, slot, elements, ...tile }] of tiles.entries()) {
    const row = rowOf.get(placement.name);
    const [own, window] = [placement.states[0], states[0]];
    const stateStart = own && window ? startOf({ ...window, kind: own.kind }) : 0;
    const offsets = [tile.param - param.offset / bytes, tile.grad - grad.offset / bytes, tile.state - stateStart];
    const state = [row === undefined ? 0 : elements, first, row ?? 0, placement.tensor, slot];
    // A part of a pack may begin behind the pack itself: then the difference is negative, and sums with it wrap round.
    const packed = ((placement.pack?.offset ?? 0) - (pack?.offset ?? 0)) / 4;
    const fours = offsets.map((elements) => elements / 4);
    table.set([...fours, ...state, packed, ...matricesOf(placement)], i * tileFields);
  }
  return table;
}

/** How many matrices a tensor is, and their last two sides; of a tensor of fewer sides 1, its elements, 0. */
function matricesOf({ shape, elements }: Placement): [matrices: number, rows: number, columns: number] {
  const [rows, columns] = shape.slice(-2);
  if (rows === undefined || columns === undefined) return [1, elements, 0];
  return [elements / (rows * columns), rows, columns];
}
