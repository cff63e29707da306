import { input, type Shape, type Tensor } from "../../src/graph/index.ts";
import { randomBits, randomSigned } from "../../src/numbers/random.ts";

/** A leaf of a row: its shape, and where its numbers lie. */
export interface LeafRow {
  readonly shape: Shape;
  /** Uniform between the two; −1 to 1 by default. */
  readonly range?: readonly [number, number];
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
  /** Set where central differences say nothing: kinks, indices, extreme values. */
  readonly withoutGradient?: true;
}

/** The key that dropout draws from in these tests. */
export const KEY = 20;

/** Leaves of a row as inputs of a graph. */
export function leavesOf({ leaves }: OpRow): Record<LeafName, Tensor> {
  const inputs = Object.entries(leaves).map(([name, { shape, below }]) => {
    return [name, input(name, shape, below === undefined ? "float32" : "uint32")] as const;
  });
  return Object.fromEntries(inputs) as Record<LeafName, Tensor>;
}

/** Their numbers, float32 ones, the same on every machine. */
export const numbersOf = ({ leaves }: Pick<OpRow, "leaves">): Record<string, Float32Array | Uint32Array> =>
  Object.fromEntries(Object.entries(leaves).map(([name, leaf], stream) => [name, draw(leaf, stream)]));

function draw({ shape, range = [-1, 1], below, values }: LeafRow, stream: number): Float32Array | Uint32Array {
  const length = shape.reduce((product, side) => product * side, 1);
  const pick = (i: number): number => (values as readonly number[])[i % (values as readonly number[]).length] as number;
  if (below !== undefined) {
    return Uint32Array.from({ length }, (_, i) => (values ? pick(i) : randomBits(11, stream, i) % below));
  }
  const [from, to] = range;
  const uniform = (i: number): number => from + ((to - from) * (randomSigned(7, stream, i) + 1)) / 2;
  return Float32Array.from({ length }, (_, i) => (values ? pick(i) : uniform(i)));
}
