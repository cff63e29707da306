import { roundUp } from "../../gpu/index.ts";
import type { DType } from "../../graph/index.ts";
import type { Launch, Value } from "../launch.ts";

/** Where a value lies: in which of the plan's buffers, and where in it, in bytes. */
export interface Spot {
  readonly bank: number;
  readonly offset: number;
  readonly size: number;
}

/** What a plan needs for its intermediate values. */
export interface MemoryPlan {
  readonly spots: ReadonlyMap<Value, Spot>;
  /** Bytes of each buffer. */
  readonly bankSizes: readonly number[];
  /** The most bytes of values that are needed at one time: no plan can do with less. */
  readonly liveBytes: number;
}

interface Life {
  readonly value: Value;
  readonly size: number;
  readonly first: number;
  last: number;
}

/** Every tensor can be bound by itself. */
const alignment = 256;

/** Bytes of an element. */
export const elementBytes = (dtype: DType): number => (dtype === "float16" || dtype === "bfloat16" ? 2 : 4);

/** Bytes of a value: whole groups of four elements. */
export const bytesOf = ({ elements, dtype }: Value): number =>
  Math.max(roundUp(roundUp(elements, 4) * elementBytes(dtype), 16), 16);

/**
 * Gives every value that launches write a place, so that values whose times overlap do not. A launch may not write a buffer
 * that it also reads, so there are several; each value goes where it makes its buffer grow the least.
 *
 * @param isPlaced whether a value has a place already, outside
 * @param kept values that are wanted when the launches are done
 */
export function planMemory(
  launches: readonly Launch[],
  isPlaced: (value: Value) => boolean,
  kept: ReadonlySet<Value>,
  maxBufferSize: number,
): MemoryPlan {
  const lives = livesOf(launches, isPlaced, kept);
  const spots = new Map<Value, Spot>();
  const banks: { size: number; readonly tenants: Life[] }[] = [];
  for (const life of lives.values()) {
    const forbidden = new Set(readBeside(life.value, launches).map((value) => spots.get(value)?.bank));
    const choices = banks.flatMap(({ size, tenants }, bank) => {
      const offset = lowestGap(life, tenants, spots);
      const end = offset + life.size;
      return forbidden.has(bank) || end > maxBufferSize ? [] : [{ bank, offset, growth: Math.max(end - size, 0) }];
    });
    const best = choices.reduce<(typeof choices)[number] | undefined>(
      (least, choice) => (least && least.growth <= choice.growth ? least : choice),
      undefined,
    );
    const { bank, offset } = best ?? { bank: banks.push({ size: 0, tenants: [] }) - 1, offset: 0 };
    const home = banks[bank] as (typeof banks)[number];
    home.tenants.push(life);
    home.size = Math.max(home.size, offset + life.size);
    spots.set(life.value, { bank, offset, size: life.size });
  }
  return { spots, bankSizes: banks.map(({ size }) => size), liveBytes: mostLive([...lives.values()]) };
}

function livesOf(
  launches: readonly Launch[],
  isPlaced: (value: Value) => boolean,
  kept: ReadonlySet<Value>,
): ReadonlyMap<Value, Life> {
  const lives = new Map<Value, Life>();
  for (const [time, { bindings }] of launches.entries()) {
    for (const { value } of bindings) {
      if (isPlaced(value)) continue;
      const life = lives.get(value);
      if (life) life.last = time;
      else lives.set(value, { value, size: roundUp(bytesOf(value), alignment), first: time, last: time });
    }
  }
  const end = launches.length;
  for (const value of kept) {
    const life = lives.get(value);
    if (life) life.last = end;
    // Without elements it needed no launch; it has a place all the same.
    else if (!isPlaced(value)) lives.set(value, { value, size: alignment, first: end, last: end });
  }
  return lives;
}

/** What the launches that write a value read, and what those that read it write. */
function readBeside(value: Value, launches: readonly Launch[]): Value[] {
  return launches.flatMap(({ bindings }) => {
    const own = bindings.find((binding) => binding.value === value);
    return own ? bindings.flatMap((other) => (other.access === own.access ? [] : [other.value])) : [];
  });
}

function lowestGap(life: Life, tenants: readonly Life[], spots: ReadonlyMap<Value, Spot>): number {
  const taken = tenants
    .filter((tenant) => tenant.first <= life.last && life.first <= tenant.last)
    .map((tenant) => spots.get(tenant.value) as Spot)
    .sort((a, b) => a.offset - b.offset);
  let offset = 0;
  for (const spot of taken) {
    if (offset + life.size <= spot.offset) break;
    offset = Math.max(offset, spot.offset + spot.size);
  }
  return offset;
}

function mostLive(lives: readonly Life[]): number {
  return lives.reduce((most, { first: time }) => {
    const live = lives.filter(({ first, last }) => first <= time && time <= last);
    return Math.max(
      most,
      live.reduce((sum, { size }) => sum + size, 0),
    );
  }, 0);
}
