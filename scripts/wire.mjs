// @ts-check
// What page and Node say to each other: JSON, with typed arrays and the numbers that JSON lacks. Runs on both sides.

const arrays = {
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
};

/** @param {Uint8Array} bytes */
function toBase64(bytes) {
  const chunk = 0x8000; // an argument list longer than this overflows the stack
  let binary = "";
  for (let i = 0; i < bytes.length; i += chunk) binary += String.fromCharCode(...bytes.subarray(i, i + chunk));
  return btoa(binary);
}

/** @param {string} text */
function fromBase64(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** @param {ArrayBufferView | ArrayBuffer} data */
function packArray(data) {
  const view = ArrayBuffer.isView(data) ? data : new Uint8Array(data);
  const kind = Object.entries(arrays).find(([, type]) => view instanceof type)?.[0];
  if (!kind) throw new TypeError(`wire: ${view.constructor.name} cannot be sent. Send a typed array.`);
  return { $array: kind, base64: toBase64(new Uint8Array(view.buffer, view.byteOffset, view.byteLength)) };
}

/** @param {unknown} value */
function pack(value) {
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return packArray(value);
  if (Object.is(value, -0)) return { $number: "-0" };
  if (typeof value === "number" && !Number.isFinite(value)) return { $number: String(value) };
  return value;
}

/** @param {any} value */
function unpack(value) {
  if (typeof value?.$number === "string") return Number(value.$number);
  if (typeof value?.$array !== "string") return value;
  return new arrays[/** @type {keyof typeof arrays} */ (value.$array)](fromBase64(value.base64).buffer);
}

/**
 * A value as text. An ArrayBuffer arrives as a Uint8Array.
 * @param {unknown} value
 */
export function encode(value) {
  return JSON.stringify(
    { value },
    /** @this {any} @param {string} key */
    function (key) {
      return pack(this[key]); // not the second argument: a Buffer's own toJSON has already run on that
    },
  );
}

/**
 * The value that `encode` was given.
 * @param {string} text
 * @returns {any}
 */
export const decode = (text) => JSON.parse(text, (_, value) => unpack(value)).value;
