/** Cases whose numbers are kept in fewer bits than 32. */
import type { Dtype, StateStorage, StateValues } from "../../src/optim/index.ts";
import {
  fromBfloat16,
  fromFloat8,
  fromFloat16,
  inHalf,
  type Storage,
  toBfloat16,
  toFloat16,
} from "../../src/reference/index.ts";

export interface CaseStorage {
  readonly dtype?: Dtype;
  readonly states?: StateStorage;
  /** Whether parameters in half precision are copies of float32 masters. */
  readonly masters?: boolean;
}

const seed = 20_261_122;

/** The whole of it, with a seed. */
export const storageOf = ({ dtype = "float32", states = "float32" }: CaseStorage = {}): Storage => ({
  dtype,
  states,
  seed,
});

/** What the optimizer's options say of it. */
export const storageOptions = ({ masters = false }: CaseStorage = {}) => ({ masters, seed });

/** Numbers that a parameter or a gradient of this type can hold: the nearest ones. */
export function roundedTo(dtype: Dtype, values: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  return dtype === "float32" ? values : values.map((x) => inHalf(x, dtype));
}

/** Such numbers as they lie in memory. */
export function encoded(dtype: Dtype, values: Float32Array): Float32Array | Uint16Array {
  if (dtype === "float32") return values;
  const to = dtype === "bfloat16" ? toBfloat16 : toFloat16;
  return Uint16Array.from(values, (x) => to(x));
}

export function decoded(dtype: Dtype, bytes: ArrayBuffer, offset: number, count: number): Float32Array {
  if (dtype === "float32") return new Float32Array(bytes, offset, count);
  return Float32Array.from(new Uint16Array(bytes, offset, count), dtype === "bfloat16" ? fromBfloat16 : fromFloat16);
}

/** What the numbers of a tensor's states stand for, by name. */
export function decodedStates(states: ReadonlyMap<string, StateValues>): Map<string, Float32Array> {
  const numbers = (name: string, values: StateValues): Float32Array => {
    if (values instanceof Float32Array) return values;
    if (values instanceof Uint16Array) return Float32Array.from(values, fromBfloat16);
    const scales = states.get(`${name}Scale`) as Float32Array<ArrayBuffer>;
    return fromFloat8({ codes: values, scales }, name === "v" ? "unsigned" : "signed");
  };
  return new Map([...states].map(([name, values]) => [name, numbers(name, values)]));
}

/**
 * How much smaller the gradient of an element is where numbers are kept in fewer bits: neighbours and blocks that differ by
 * so much that some of their moments have few bits left, or none; but not so much that float32 has no room for a square.
 */
export const spread = (i: number): number => 2 ** -(8 * (i % 4) + 4 * (Math.floor(i / 256) % 3));
