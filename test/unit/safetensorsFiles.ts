import {
  type ReadSafetensorsOptions,
  readSafetensors,
  SafetensorsError,
  type SafetensorsFault,
  type SafetensorsFile,
} from "../../src/interop/index.ts";

/** A file of a header, as text or bytes, and its data; `length` is what it claims for its header. */
export function file(header: string | Uint8Array, data: number | Uint8Array = 0, length?: bigint): Uint8Array {
  const text = typeof header === "string" ? new TextEncoder().encode(header) : header;
  const rest = typeof data === "number" ? new Uint8Array(data) : data;
  const bytes = new Uint8Array(8 + text.length + rest.length);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(rest, 8 + text.length);
  return bytes;
}

export const entry = (dtype: string, shape: string, begin: number | string, end: number | string): string =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${begin},${end}]}`;
export const one = (tensor: string): string => `{"a":${tensor}}`;
export const F32 = entry("F32", "[2]", 0, 8);
export const SMALL = file(`{"__metadata__":{"k":"v"},"a":${F32},"b":${entry("U8", "[1,3]", 8, 11)}}`, 11);

export const MESSAGE = /^.+: .+ \(got .*, allowed .+\)\. .+\.$/s;
/** The fault of a file, or undefined where it is good. Anything but a SafetensorsError in due form fails the test. */
export function faultOf(bytes: Uint8Array, options?: ReadSafetensorsOptions): SafetensorsFault | undefined {
  try {
    readSafetensors(bytes, options);
    return undefined;
  } catch (error) {
    if (!(error instanceof SafetensorsError)) throw error;
    if (!MESSAGE.test(error.message) || error.message.length > 1000) throw new Error(`bad message: ${error.message}`);
    return error.fault;
  }
}

/** Everything in a file, in a form that `toEqual` compares by bits. */
export const contents = ({ tensors, metadata }: SafetensorsFile): unknown => ({
  tensors: [...tensors].map(([name, { dtype, shape, data }]) => {
    const { buffer, byteOffset, byteLength } = data;
    return [name, dtype, shape, [...new Uint8Array(buffer, byteOffset, byteLength)]];
  }),
  metadata: [...metadata],
});
