/**
 * The small image sets under `data/`, ready for a classifier. Where the bytes come from (a server, a disk) is the
 * caller's business.
 */

/** Labelled images: `x` holds `count * features` values in [0, 1], image after image, row by row; `y` the classes. */
export interface Examples {
  readonly count: number;
  readonly x: Float32Array<ArrayBuffer>;
  readonly y: Uint32Array<ArrayBuffer>;
}

/** An image set: `features` is `width * height`, and `y` counts into `classes`. */
export interface Dataset {
  readonly name: string;
  readonly classes: readonly string[];
  readonly width: number;
  readonly height: number;
  readonly features: number;
  readonly train: Examples;
  readonly test: Examples;
}

/** Images as stored: `count * height * width` bytes. */
export interface Images {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly pixels: Uint8Array;
}

/** Bytes that are not the data set that they should be. */
export class DatasetError extends Error {
  override readonly name = "DatasetError";
}

const GET_AGAIN = "Fetch the file again; the project's copies lie in data/";

const FASHION_CLASSES = [
  "T-shirt/top",
  "Trouser",
  "Pullover",
  "Dress",
  "Coat",
  "Sandal",
  "Shirt",
  "Sneaker",
  "Bag",
  "Ankle boot",
];
const DIGIT_CLASSES = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
const DIGIT_SIDE = 8;
const DIGIT_MAX = 16;

/**
 * Loads a data set: "digits" (1,797 of 8×8; every fifth image, index mod 5 = 4, is the test part) or "fashion"
 * (Fashion-MNIST, 28×28, 6,000 and 1,000 in the project's copy).
 *
 * `fetchBytes` gets the name of a file in `data/` and gives its bytes, gzipped or already unpacked by the server.
 *
 * @throws DatasetError when a file is not what it should be; what `fetchBytes` throws comes through unchanged.
 */
export async function loadDataset(
  name: "fashion" | "digits",
  fetchBytes: (file: string) => Promise<Uint8Array>,
): Promise<Dataset> {
  switch (name) {
    case "digits":
      return digits(new TextDecoder().decode(await unpacked("digits.csv.gz", fetchBytes)));
    case "fashion":
      return fashion(fetchBytes);
    default:
      throw new DatasetError(
        `dataset: no set has this name (got ${JSON.stringify(name)}, allowed "fashion", "digits"). Name one of these.`,
      );
  }
}

/**
 * Reads an idx3 file of unsigned bytes: big-endian magic 0x00000803, count, height, width, then the pixels, of which
 * the result is a view.
 *
 * @throws DatasetError on another magic, a size of zero, or a length that the sizes do not give.
 * Source: "The MNIST database" (LeCun, Cortes, Burges), section on file formats.
 */
export function parseIdxImages(bytes: Uint8Array): Images {
  const [count, height, width] = idxSizes("idx images", bytes, 0x803) as [number, number, number];
  return { count, height, width, pixels: bytes.subarray(16) };
}

/**
 * Reads an idx1 file of unsigned bytes: big-endian magic 0x00000801, count, then the labels, of which the result is a
 * view.
 *
 * @throws DatasetError on another magic, no labels, or a length that the count does not give.
 */
export function parseIdxLabels(bytes: Uint8Array): Uint8Array {
  idxSizes("idx labels", bytes, 0x801);
  return bytes.subarray(8);
}

/**
 * Reads the digits: on each line 64 integers 0–16 (8×8, row by row) and the label 0–9, separated by commas.
 *
 * @throws DatasetError, with its line, on anything else.
 */
export function parseDigits(text: string): Images & { readonly labels: Uint8Array } {
  const lines = text.replace(/\r?\n$/, "").split(/\r?\n/);
  const features = DIGIT_SIDE * DIGIT_SIDE;
  const pixels = new Uint8Array(lines.length * features);
  const labels = new Uint8Array(lines.length);
  lines.forEach((line, index) => {
    const thing = `digits, line ${index + 1}`;
    const fields = line.split(",");
    if (fields.length !== features + 1) {
      throw new DatasetError(
        `${thing}: wrong number of values (got ${fields.length}, allowed ${features + 1}). ${GET_AGAIN}.`,
      );
    }
    const values = fields.map((field, column) => smallInteger(thing, field, column < features ? DIGIT_MAX : 9));
    pixels.set(values.slice(0, features), index * features);
    labels[index] = values[features] as number;
  });
  return { count: lines.length, height: DIGIT_SIDE, width: DIGIT_SIDE, pixels, labels };
}

function digits(text: string): Dataset {
  const images = parseDigits(text);
  if (images.count < 5) {
    throw new DatasetError(`digits: too few images to split (got ${images.count}, allowed 5 or more). ${GET_AGAIN}.`);
  }
  const part = (held: boolean): Examples =>
    examples("digits", images, images.labels, DIGIT_MAX, DIGIT_CLASSES, (index) => (index % 5 === 4) === held);
  return dataset("digits", DIGIT_CLASSES, images, part(false), part(true));
}

async function fashion(fetchBytes: (file: string) => Promise<Uint8Array>): Promise<Dataset> {
  const read = async (part: "train" | "test") => {
    const [images, labels] = await Promise.all([
      unpacked(`fashion-${part}-images-idx3-ubyte.gz`, fetchBytes).then(parseIdxImages),
      unpacked(`fashion-${part}-labels-idx1-ubyte.gz`, fetchBytes).then(parseIdxLabels),
    ]);
    if (images.width !== 28 || images.height !== 28) {
      throw new DatasetError(
        `fashion ${part}: wrong size of image (got ${images.width}×${images.height}, allowed 28×28). ${GET_AGAIN}.`,
      );
    }
    return { images, examples: examples(`fashion ${part}`, images, labels, 255, FASHION_CLASSES, () => true) };
  };
  const [train, test] = await Promise.all([read("train"), read("test")]);
  return dataset("fashion", FASHION_CLASSES, train.images, train.examples, test.examples);
}

function dataset(
  name: string,
  classes: readonly string[],
  { width, height }: Images,
  train: Examples,
  test: Examples,
): Dataset {
  return { name, classes, width, height, features: width * height, train, test };
}

function examples(
  thing: string,
  images: Images,
  labels: Uint8Array,
  brightest: number,
  classes: readonly string[],
  keep: (index: number) => boolean,
): Examples {
  if (labels.length !== images.count) {
    throw new DatasetError(
      `${thing}: images and labels do not pair up (got ${labels.length} labels, allowed ${images.count}). ${GET_AGAIN}.`,
    );
  }
  const kept = Array.from({ length: images.count }, (_, index) => index).filter(keep);
  const features = images.width * images.height;
  const x = new Float32Array(kept.length * features);
  const y = new Uint32Array(kept.length);
  kept.forEach((from, to) => {
    const label = labels[from] as number;
    if (label >= classes.length) {
      throw new DatasetError(
        `${thing}, label ${from}: no such class (got ${label}, allowed 0 to ${classes.length - 1}). ${GET_AGAIN}.`,
      );
    }
    y[to] = label;
    const image = images.pixels.subarray(from * features, (from + 1) * features);
    image.forEach((pixel, feature) => {
      x[to * features + feature] = pixel / brightest;
    });
  });
  return { count: kept.length, x, y };
}

/** The sizes after an idx magic, whose last byte says how many there are; checks that the data is as long as they say. */
function idxSizes(thing: string, bytes: Uint8Array, magic: number): number[] {
  const rank = magic & 0xff;
  const start = 4 + 4 * rank;
  if (bytes.length < start) {
    throw new DatasetError(
      `${thing}: the file ends in its header (got ${bytes.length} bytes, allowed ${start} or more). ${GET_AGAIN}.`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0) !== magic) {
    const got = view.getUint32(0).toString(16);
    throw new DatasetError(`${thing}: wrong magic (got 0x${got}, allowed 0x${magic.toString(16)}). ${GET_AGAIN}.`);
  }
  const sizes = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const length = sizes.reduce((product, size) => product * size, 1);
  if (length === 0 || length !== bytes.length - start) {
    throw new DatasetError(
      `${thing}: the data is not as long as the header says (got ${bytes.length - start} bytes, allowed ` +
        `${sizes.join(" × ")}, none of them zero). ${GET_AGAIN}.`,
    );
  }
  return sizes;
}

function smallInteger(thing: string, field: string, most: number): number {
  const value = /^\d{1,3}$/.test(field) ? Number(field) : Number.NaN;
  if (!(value <= most)) {
    const got = JSON.stringify(field.slice(0, 20));
    throw new DatasetError(`${thing}: not an integer in range (got ${got}, allowed 0 to ${most}). ${GET_AGAIN}.`);
  }
  return value;
}

/** Fetches a file and unzips it, unless the server already has: gzip is known by its first two bytes, 1f 8b. */
async function unpacked(file: string, fetchBytes: (file: string) => Promise<Uint8Array>): Promise<Uint8Array> {
  const bytes = await fetchBytes(file);
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  // A copy, because Blob refuses bytes that lie in shared memory.
  const stream = new Blob([new Uint8Array(bytes)]).stream().pipeThrough(new DecompressionStream("gzip"));
  try {
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (cause) {
    throw new DatasetError(
      `${file}: the gzip data is damaged (got ${bytes.length} bytes, allowed a whole file). ${GET_AGAIN}.`,
      { cause },
    );
  }
}
