import {
  byteSize,
  DTYPES,
  isWellFormed,
  knownDtype,
  LENGTH_BYTES,
  MAX_HEADER_BYTES,
  MAX_RANK,
  MAX_TENSORS,
  METADATA,
  quoted,
  SafetensorsError,
  type SafetensorsTensor,
} from "./safetensorsFormat.ts";

/**
 * Writes a whole file: the header in the order of the map, padded with spaces to a multiple of 8 bytes; the data with
 * the widest elements first, so that every tensor is aligned.
 *
 * @throws SafetensorsError when a tensor or a text cannot be written so that it reads back the same.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, SafetensorsTensor>,
  metadata: Readonly<Record<string, string>> | ReadonlyMap<string, string> = {},
): Uint8Array<ArrayBuffer> {
  if (tensors.size > MAX_TENSORS) {
    throw new SafetensorsError(
      "limit",
      `tensors: too many for one file (got ${tensors.size}, allowed ${MAX_TENSORS}). Write several files.`,
    );
  }
  const placed = placeTensors(tensors);
  const header = encodeHeader(placed, metadata);
  const dataBytes = placed.reduce((most, { end }) => Math.max(most, end), 0);
  const bytes = new Uint8Array(LENGTH_BYTES + header.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, LENGTH_BYTES);
  for (const { tensor, begin } of placed) {
    const { buffer, byteOffset, byteLength } = tensor.data;
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), LENGTH_BYTES + header.length + begin);
  }
  return bytes;
}

interface PlacedTensor {
  readonly name: string;
  readonly tensor: SafetensorsTensor;
  readonly begin: number;
  readonly end: number;
}

function placeTensors(tensors: ReadonlyMap<string, SafetensorsTensor>): PlacedTensor[] {
  const begins = new Map<string, number>();
  let reached = 0;
  const checked = [...tensors].map(([name, tensor]) => ({ name, tensor, size: writableSize(name, tensor) }));
  const width = (tensor: SafetensorsTensor) => tensor.data.BYTES_PER_ELEMENT;
  for (const { name, size } of [...checked].sort((a, b) => width(b.tensor) - width(a.tensor))) {
    begins.set(name, reached);
    reached += size;
  }
  return checked.map(({ name, tensor, size }) => {
    const begin = begins.get(name) as number;
    return { name, tensor, begin, end: begin + size };
  });
}

/** The bytes of a tensor, once everything about it is found fit to write. */
function writableSize(name: string, { dtype, shape, data }: SafetensorsTensor): number {
  const thing = `tensor ${quoted(name)}`;
  if (name === METADATA || !isWellFormed(name)) {
    throw new SafetensorsError(
      "name",
      `${thing}: not a name for a tensor (got ${quoted(name)}, allowed whole characters and not ${METADATA}). Rename it.`,
    );
  }
  const { array } = DTYPES[knownDtype(thing, String(dtype))];
  if (!(data instanceof array)) {
    const got = Object.prototype.toString.call(data).slice(8, -1);
    throw new SafetensorsError(
      "dtype",
      `${thing}: wrong array for ${dtype} (got ${got}, allowed ${array.name}). Convert the data.`,
    );
  }
  if (shape.length > MAX_RANK || !shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    throw new SafetensorsError(
      "shape",
      `${thing}: not a shape (got [${shape.slice(0, MAX_RANK)}], allowed up to ${MAX_RANK} integers from 0). Correct it.`,
    );
  }
  const size = byteSize(thing, dtype, shape);
  if (size !== data.byteLength) {
    throw new SafetensorsError(
      "shape",
      `${thing}: its shape and its data differ (got ${data.byteLength} bytes, allowed ${size} for ${dtype} [${shape}]). ` +
        "Correct one of them.",
    );
  }
  return size;
}

function encodeHeader(
  placed: readonly PlacedTensor[],
  metadata: Readonly<Record<string, string>> | ReadonlyMap<string, string>,
): Uint8Array {
  const members = placed.map(({ name, tensor: { dtype, shape }, begin, end }) => {
    // Spelled out, because JSON.stringify of an object would ask it for toJSON and put integer-like keys first.
    return `${JSON.stringify(name)}:{"dtype":"${dtype}","shape":[${shape}],"data_offsets":[${begin},${end}]}`;
  });
  const texts = metadata instanceof Map ? [...metadata] : Object.entries(metadata);
  if (texts.length > 0) members.unshift(`"${METADATA}":{${texts.map(([key, text]) => metadataMember(key, text))}}`);
  const text = `{${members}}`;
  const bytes = new TextEncoder().encode(text);
  const header = new Uint8Array(Math.ceil(bytes.length / 8) * 8).fill(0x20);
  if (header.length > MAX_HEADER_BYTES) {
    throw new SafetensorsError(
      "limit",
      `safetensors header: too long (got ${header.length} bytes, allowed ${MAX_HEADER_BYTES}). Write several files.`,
    );
  }
  header.set(bytes);
  return header;
}

function metadataMember(key: string, text: unknown): string {
  if (typeof text === "string" && isWellFormed(key) && isWellFormed(text)) {
    return `${JSON.stringify(key)}:${JSON.stringify(text)}`;
  }
  throw new SafetensorsError(
    "metadata",
    `metadata ${quoted(key)}: not text (got ${typeof text}, allowed strings of whole characters). Convert it to one.`,
  );
}
