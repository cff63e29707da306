/** A text as a language model sees it, character by character. Where it comes from is the caller's business. */
import { randomBelow } from "../engine/index.ts";
import { DatasetError } from "./datasets.ts";

/** The random stream of the windows; batches of images count theirs from 2^16, the initial weights from 0. */
const windowStream = 0xfffe_0000;

/** The share of a text that is trained on: its beginning. */
const trainShare = 0.9;

/** A text as ids, which count into its characters in their own order. */
export interface TextDataset {
  readonly characters: readonly string[];
  readonly train: Uint32Array<ArrayBuffer>;
  readonly validation: Uint32Array<ArrayBuffer>;
}

/** Windows of a text: `x` [rows, context] and in `y` the character that follows each of them. */
export interface Windows {
  readonly x: Uint32Array<ArrayBuffer>;
  readonly y: Uint32Array<ArrayBuffer>;
}

/**
 * Splits a text: its first 90 % are to be trained on, the rest is held back.
 * @throws DatasetError where either part is shorter than two characters.
 */
export function textDataset(text: string): TextDataset {
  const all = [...text];
  const characters = [...new Set(all)].sort();
  const idOf = new Map(characters.map((character, id) => [character, id]));
  const ids = Uint32Array.from(all, (character) => idOf.get(character) as number);
  const split = Math.floor(ids.length * trainShare);
  if (Math.min(split, ids.length - split) < 2) {
    throw new DatasetError(
      `text: it is too short (got ${ids.length} characters, allowed 11 and more). Pass a longer one.`,
    );
  }
  return { characters, train: ids.slice(0, split), validation: ids.slice(split) };
}

/** The ids of a text. @throws DatasetError for a character that the data set has not. */
export function encode({ characters }: TextDataset, text: string): Uint32Array<ArrayBuffer> {
  return Uint32Array.from([...text], (character) => {
    const id = characters.indexOf(character);
    if (id >= 0) return id;
    throw new DatasetError(`text: the data set has no ${JSON.stringify(character)}. Leave it out.`);
  });
}

export const decode = ({ characters }: TextDataset, ids: Iterable<number>): string =>
  Array.from(ids, (id) => characters[id] ?? "\ufffd").join("");

/** Random windows: a pure function of the seed and the step, 0 at the first. */
export function randomWindows(ids: Uint32Array, rows: number, context: number, seed: number, step: number): Windows {
  const places = placesIn(ids, context);
  return windows(ids, context, rows, (row) => randomBelow(places, seed, windowStream, step * rows + row));
}

/** How many windows there are side by side. */
export const windowsIn = (ids: Uint32Array, context: number): number => Math.floor((ids.length - 1) / context);

/** So many windows side by side, from the `first` on; after the last one comes the first. */
export function windowsInOrder(ids: Uint32Array, rows: number, context: number, first: number): Windows {
  placesIn(ids, context);
  const count = windowsIn(ids, context);
  return windows(ids, context, rows, (row) => ((first + row) % count) * context);
}

function windows(ids: Uint32Array, context: number, rows: number, startOf: (row: number) => number): Windows {
  const [x, y] = [new Uint32Array(rows * context), new Uint32Array(rows * context)];
  for (let row = 0; row < rows; row++) {
    const start = startOf(row);
    x.set(ids.subarray(start, start + context), row * context);
    y.set(ids.subarray(start + 1, start + context + 1), row * context);
  }
  return { x, y };
}

/** Where a window and the character behind it can begin. */
function placesIn(ids: Uint32Array, context: number): number {
  const places = ids.length - context;
  if (Number.isInteger(context) && context > 0 && places > 0) return places;
  throw new DatasetError(
    `text: no such window (got ${context} characters, allowed 1 to ${ids.length - 1}). Shorten it.`,
  );
}
