/**
 * Safetensors files: named tensors behind a JSON header. Here is the reader; it takes nothing on trust and is stricter
 * than the reference implementation where that one is silent, for example about a key that comes twice.
 *
 * Source: the safetensors format (Hugging Face), as its README and its Rust implementation, version 0.8.0, define it.
 */

import { hasNonFinite } from "./safetensorsFinite.ts";
import {
  byteSize,
  DTYPES,
  type ElementArray,
  LENGTH_BYTES,
  MAX_HEADER_BYTES,
  quoted,
  SafetensorsError,
  type SafetensorsTensor,
} from "./safetensorsFormat.ts";
import { type HeaderEntry, parseHeader } from "./safetensorsHeader.ts";

export { writeSafetensors } from "./safetensorsWrite.ts";

/** What a file holds, in the order of its header. Names are keys of a Map and nothing else: any string is safe. */
export interface SafetensorsFile {
  readonly tensors: Map<string, SafetensorsTensor>;
  readonly metadata: Map<string, string>;
}

export interface ReadSafetensorsOptions {
  /** The longest header to read, in bytes: 10,000,000 unless given, at most 100,000,000. */
  readonly maxHeaderBytes?: number;
  /** What to do about tensors that hold a NaN or an infinity: nothing unless given. */
  readonly finite?: "warn" | "error";
}

const LFS_POINTER = "version https://git-lfs";

/**
 * Reads a whole file. Data is a view of `bytes` where its alignment allows that, and a copy elsewhere; so leave `bytes`
 * alone while the tensors are in use.
 *
 * @throws SafetensorsError for anything that is not a well-formed file, before anything of the file's size is allocated.
 */
export function readSafetensors(bytes: Uint8Array, options: ReadSafetensorsOptions = {}): SafetensorsFile {
  const length = headerLength(bytes, options.maxHeaderBytes ?? 10_000_000);
  const { entries, metadata } = parseHeader(headerText(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + length)));
  const data = bytes.subarray(LENGTH_BYTES + length);
  checkLayout(entries, data.length);
  const tensors = new Map(entries.map((entry) => [entry.name, tensorOf(entry, data)]));
  if (options.finite) reportNonFinite(tensors, options.finite);
  return { tensors, metadata };
}

function headerLength(bytes: Uint8Array, most: number): number {
  if (!(bytes instanceof Uint8Array)) {
    throw new SafetensorsError("input", "bytes: wrong type (got another, allowed Uint8Array). Wrap the buffer in one.");
  }
  if (!Number.isInteger(most) || most < 0 || most > MAX_HEADER_BYTES) {
    throw new SafetensorsError(
      "input",
      `maxHeaderBytes: out of range (got ${most}, allowed 0 to ${MAX_HEADER_BYTES}). Pass an integer in range.`,
    );
  }
  if (startsWith(bytes, LFS_POINTER)) {
    throw new SafetensorsError(
      "lfs-pointer",
      "safetensors file: this looks like a Git LFS pointer (got its text, allowed the file it points to). " +
        "Run `git lfs pull`, or download the file itself.",
    );
  }
  if (bytes.length < LENGTH_BYTES) {
    throw new SafetensorsError(
      "header-length",
      `safetensors file: too short (got ${bytes.length} bytes, allowed 8 or more). Get the whole file.`,
    );
  }
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > BigInt(most)) {
    throw new SafetensorsError(
      "header-length",
      `safetensors header: too long (got ${length} bytes, allowed ${most}). ` +
        `If this is a safetensors file, raise maxHeaderBytes, at most to ${MAX_HEADER_BYTES}.`,
    );
  }
  if (Number(length) > bytes.length - LENGTH_BYTES) {
    throw new SafetensorsError(
      "header-length",
      `safetensors header: longer than the file (got ${length} bytes, allowed ${bytes.length - LENGTH_BYTES}). ` +
        "Get the whole file.",
    );
  }
  return Number(length);
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return bytes.length >= text.length && [...text].every((mark, index) => bytes[index] === mark.charCodeAt(0));
}

function headerText(bytes: Uint8Array): string {
  try {
    // ignoreBOM keeps the mark, for the parser to reject; the default drops it silently. The copy takes the text out of
    // shared memory, which some hosts refuse to decode.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(new Uint8Array(bytes));
  } catch {
    throw new SafetensorsError(
      "header-encoding",
      "safetensors header: not UTF-8 (got other bytes, allowed UTF-8). Write the file again with a safetensors library.",
    );
  }
}

/** Checks that the tensors, in whatever order they are named, fill the data from its start to its end, gapless. */
function checkLayout(entries: readonly HeaderEntry[], dataBytes: number): void {
  let reached = 0;
  for (const { thing, dtype, shape, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    const size = byteSize(thing, dtype, shape);
    if (begin !== reached || end < begin || end > dataBytes) {
      throw new SafetensorsError(
        "offsets",
        `${thing}: its data is out of place (got bytes ${begin} to ${end}, allowed ${reached} to at most ${dataBytes}). ` +
          "Get the whole file; if it is whole, it is damaged.",
      );
    }
    if (size !== end - begin) {
      throw new SafetensorsError(
        "shape",
        `${thing}: its shape and its data differ (got ${end - begin} bytes, allowed ${size} for ${dtype} ` +
          `[${shape}]). The file is damaged: get it again.`,
      );
    }
    reached = end;
  }
  if (reached !== dataBytes) {
    throw new SafetensorsError(
      "trailing",
      `safetensors file: bytes after the last tensor (got ${dataBytes} of data, allowed ${reached}). ` +
        "Do not trust the file: get it again from its source.",
    );
  }
}

function tensorOf({ dtype, shape, begin, end }: HeaderEntry, data: Uint8Array): SafetensorsTensor {
  const Elements: ElementArray = DTYPES[dtype].array;
  const width = Elements.BYTES_PER_ELEMENT;
  const bytes = data.subarray(begin, end);
  const { buffer, byteOffset } = bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes);
  return { dtype, shape, data: new Elements(buffer, byteOffset, bytes.length / width) } as SafetensorsTensor;
}

function reportNonFinite(tensors: ReadonlyMap<string, SafetensorsTensor>, how: "warn" | "error"): void {
  const names = [...tensors].filter(([, tensor]) => hasNonFinite(tensor)).map(([name]) => quoted(name));
  if (names.length === 0) return;
  const message =
    `tensor ${names.slice(0, 5).join(", ")}${names.length > 5 ? ", …" : ""}: not finite ` +
    `(got a NaN or an infinity in ${names.length}, allowed finite numbers). Look at the run that wrote the file.`;
  if (how === "error") throw new SafetensorsError("non-finite", message);
  console.warn(message);
}
