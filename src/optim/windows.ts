import type { Slice } from "../gpu/index.ts";

/** Bytes of a buffer that an item of a dispatch reaches. */
export interface Reach {
  readonly buffer: GPUBuffer;
  readonly start: number;
  readonly end: number;
}

export interface WindowSizes {
  readonly maxStorageBufferBindingSize: number;
  readonly minStorageBufferOffsetAlignment: number;
}

/** The items of one dispatch, and the windows that its bindings show: one for each of an item's reaches. */
export interface Gathered<T> {
  readonly items: readonly T[];
  readonly windows: readonly Slice[];
}

/**
 * Gathers items, in their order, into as few dispatches as bindings allow. One ends where the next item is in other
 * buffers, where a window would grow past the binding limit, or where two windows on one buffer would overlap; and at
 * `most` items.
 */
export function gather<T>(
  items: Iterable<T>,
  reachesOf: (item: T) => readonly Reach[],
  { maxStorageBufferBindingSize: max, minStorageBufferOffsetAlignment: multiple }: WindowSizes,
  most = Infinity,
): Gathered<T>[] {
  const gathered: { items: T[]; reaches: readonly Reach[] }[] = [];
  for (const item of items) {
    const reaches = reachesOf(item).map((reach) => ({
      ...reach,
      start: Math.floor(reach.start / multiple) * multiple,
    }));
    const open = gathered.at(-1);
    const grown = open && open.items.length < most ? union(open.reaches, reaches) : undefined;
    if (open && grown && fits(grown, max)) {
      open.items.push(item);
      open.reaches = grown;
    } else {
      gathered.push({ items: [item], reaches });
    }
  }
  return gathered.map(({ items: own, reaches }) => ({
    items: own,
    windows: reaches.map(({ buffer, start, end }) => ({ buffer, offset: start, size: end - start })),
  }));
}

/** Undefined where one of them is in another buffer. */
function union(a: readonly Reach[], b: readonly Reach[]): Reach[] | undefined {
  const both: Reach[] = [];
  for (const [i, { buffer, start, end }] of a.entries()) {
    const other = b[i] as Reach;
    if (buffer !== other.buffer) return undefined;
    both.push({ buffer, start: Math.min(start, other.start), end: Math.max(end, other.end) });
  }
  return both;
}

function fits(reaches: readonly Reach[], max: number): boolean {
  const overlap = (a: Reach, b: Reach): boolean => a.buffer === b.buffer && a.start < b.end && b.start < a.end;
  return reaches.every((a, i) => a.end - a.start <= max && !reaches.some((b, j) => j < i && overlap(a, b)));
}

/** Items of a kind whose slices are in the same buffers, in the order they came. */
export function byBuffers<T>(
  items: readonly T[],
  slicesOf: (item: T) => readonly Slice[],
  kindOf: (item: T) => string = () => "",
): Iterable<T[]> {
  const ids = new Map<GPUBuffer, number>();
  const id = ({ buffer }: Slice): number => {
    const known = ids.get(buffer) ?? ids.size;
    ids.set(buffer, known);
    return known;
  };
  const sets = new Map<string, T[]>();
  for (const item of items) {
    const key = [kindOf(item), ...slicesOf(item).map(id)].join();
    const set = sets.get(key);
    if (set) set.push(item);
    else sets.set(key, [item]);
  }
  return sets.values();
}
