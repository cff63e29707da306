import { input, type Shape, type Tensor } from "../../src/graph/index.ts";
import { randomBits, randomSigned } from "../../src/numbers/random.ts";
import { type HalfName, rounded } from "../support/halves.ts";

/** A leaf of a row: its shape, and where its numbers lie. */
export interface LeafRow {
  readonly shape: Shape;
  /** Uniform between the two; −1 to 1 by default. */
  readonly range?: readonly [number, number];
  /** Every other number of the range is turned to its negative. */
  readonly hasBothSigns?: true;
  /** A leaf in half precision instead, of numbers that are rounded to it. */
  readonly half?: HalfName;
  /** A uint32 leaf instead: indices below this. */
  readonly below?: number;
  /** These numbers, over and over. */
  readonly values?: readonly number[];
}

export type LeafName = "x" | "a" | "b" | "c" | "at" | "weight" | "bias" | "labels" | "table" | "ids" | "q" | "k" | "v";

/** What an operation is tried on. */
export interface OpRow {
  readonly name: string;
  readonly leaves: Readonly<Partial<Record<LeafName, LeafRow>>>;
  /** The tensors to be computed. Called within a trace, in training. */
  readonly build: (leaves: Readonly<Record<LeafName, Tensor>>) => Tensor | readonly Tensor[];
  /** Set where there is none: indices and the like. */
  readonly withoutGradient?: true;
  /** Set where central differences say nothing of the gradient: kinks, ties, extreme values. */
  readonly withoutDifferences?: true;
  /** How near the GPU comes to each element of the float32 executor; where not given, elements count by the largest. */
  readonly gate?: Gate;
}

/** An element may be off by units of 2^-24 of what it is, and of what is given beside that. */
export interface Gate {
  /** Two are a unit in the last place of a number just above a power of two. */
  readonly units: number;
  /** Beside the element itself; 0 by default. */
  readonly beside?: number;
  /** Beside an element of a gradient; 1 by default, which is what an output's element weighs at most. */
  readonly besideGradient?: number;
}

/** The key that dropout draws from in these tests. */
export const KEY = 20;

/** Leaves of a row as inputs of a graph. */
export function leavesOf({ leaves }: OpRow): Record<LeafName, Tensor> {
  const inputs = Object.entries(leaves).map(([name, { shape, below, half }]) => {
    return [name, input(name, shape, below === undefined ? (half ?? "float32") : "uint32")] as const;
  });
  return Object.fromEntries(inputs) as Record<LeafName, Tensor>;
}

/** Their numbers, the same on every machine; those in half precision in float32. */
export const numbersOf = ({ leaves }: Pick<OpRow, "leaves">): Record<string, Float32Array | Uint32Array> =>
  Object.fromEntries(Object.entries(leaves).map(([name, leaf], stream) => [name, draw(leaf, stream)]));

function draw(
  { shape, range = [-1, 1], hasBothSigns, half, below, values }: LeafRow,
  stream: number,
): Float32Array | Uint32Array {
  const length = shape.reduce((product, side) => product * side, 1);
  const pick = (i: number): number => (values as readonly number[])[i % (values as readonly number[]).length] as number;
  if (below !== undefined) {
    return Uint32Array.from({ length }, (_, i) => (values ? pick(i) : randomBits(11, stream, i) % below));
  }
  const [from, to] = range;
  const signOf = (i: number): number => (hasBothSigns && i % 2 === 1 ? -1 : 1);
  const uniform = (i: number): number => signOf(i) * (from + ((to - from) * (randomSigned(7, stream, i) + 1)) / 2);
  const nearest = (x: number): number => (half ? rounded(x, half) : x);
  return Float32Array.from({ length }, (_, i) => nearest(values ? pick(i) : uniform(i)));
}
