/**
 * The JSON header of a safetensors file, read token by token. `JSON.parse` will not do: it keeps the last of two equal
 * keys without a word, and takes 1e2, 1.0 and 2^53 + 1 for integers. The grammar is the format's own and no more, so
 * nothing nests deeper than three levels and nothing here recurses.
 */

import {
  isWellFormed,
  knownDtype,
  MAX_RANK,
  MAX_TENSORS,
  METADATA,
  quoted,
  type SafetensorsDtype,
  SafetensorsError,
  type SafetensorsFault,
} from "./safetensorsFormat.ts";

/** One tensor as the header has it: its bytes are `begin` to `end` of the data, not yet checked against anything. */
export interface HeaderEntry {
  readonly thing: string;
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly entries: readonly HeaderEntry[];
  readonly metadata: Map<string, string>;
}

const HEADER = "safetensors header";
const WRITE_AGAIN = "Write the file again with a safetensors library";

/** Reads the header's text. Throws SafetensorsError for anything but the format, at the first fault. */
export function parseHeader(text: string): Header {
  const tokens = new Tokens(text);
  const entries: HeaderEntry[] = [];
  let metadata = new Map<string, string>();
  readObject(tokens, HEADER, "header-syntax", (key) => {
    if (key === METADATA) {
      metadata = readMetadata(tokens);
      return;
    }
    if (entries.length === MAX_TENSORS) {
      throw new SafetensorsError(
        "limit",
        `${HEADER}: too many tensors (got more, allowed ${MAX_TENSORS}). Split the file.`,
      );
    }
    entries.push(readEntry(tokens, key));
  });
  tokens.end();
  return { entries, metadata };
}

function readMetadata(tokens: Tokens): Map<string, string> {
  const metadata = new Map<string, string>();
  readObject(tokens, METADATA, "metadata", (key) => {
    metadata.set(key, tokens.string(`${METADATA}, ${quoted(key)}`, "metadata"));
  });
  return metadata;
}

function readEntry(tokens: Tokens, name: string): HeaderEntry {
  const thing = `tensor ${quoted(name)}`;
  let dtype: SafetensorsDtype | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  readObject(tokens, thing, "field", (field) => {
    if (field === "dtype") dtype = knownDtype(thing, tokens.string(`${thing}, dtype`, "field"));
    else if (field === "shape") shape = readIntegers(tokens, `${thing}, shape`, MAX_RANK);
    else if (field === "data_offsets") offsets = readIntegers(tokens, `${thing}, data_offsets`, 2);
    else throw wrongFields(thing, `unknown field (got ${quoted(field)}`);
  });
  if (dtype === undefined) throw wrongFields(thing, "a field is missing (got no dtype");
  if (shape === undefined) throw wrongFields(thing, "a field is missing (got no shape");
  if (offsets === undefined) throw wrongFields(thing, "a field is missing (got no data_offsets");
  const [begin, end] = offsets;
  if (begin === undefined || end === undefined) {
    throw wrongFields(thing, `data_offsets are not begin and end (got ${offsets.length} numbers`);
  }
  return { thing, name, dtype, shape, begin, end };
}

function wrongFields(thing: string, wrong: string): SafetensorsError {
  return new SafetensorsError("field", `${thing}: ${wrong}, allowed dtype, shape, data_offsets). ${WRITE_AGAIN}.`);
}

/** An object: `member` is told each key and reads its value. */
function readObject(tokens: Tokens, thing: string, fault: SafetensorsFault, member: (key: string) => void): void {
  tokens.expect("{", thing, fault);
  if (tokens.take("}")) return;
  const seen = new Set<string>();
  do {
    const key = tokens.string(`${thing}, a key`, "header-syntax");
    if (seen.has(key)) {
      throw new SafetensorsError(
        "duplicate",
        `${thing}: a key comes twice (got ${quoted(key)}, allowed each key once). ${WRITE_AGAIN}.`,
      );
    }
    seen.add(key);
    tokens.expect(":", thing, "header-syntax");
    member(key);
  } while (tokens.take(","));
  tokens.expect("}", thing, "header-syntax");
}

function readIntegers(tokens: Tokens, thing: string, most: number): number[] {
  const values: number[] = [];
  tokens.expect("[", thing, "field");
  if (tokens.take("]")) return values;
  do {
    if (values.length === most) {
      throw new SafetensorsError("limit", `${thing}: too many numbers (got more, allowed ${most}). ${WRITE_AGAIN}.`);
    }
    values.push(tokens.integer(thing));
  } while (tokens.take(","));
  tokens.expect("]", thing, "header-syntax");
  return values;
}

/** The text and how far it is read. Every method skips white space first. */
class Tokens {
  private at = 0;

  constructor(private readonly text: string) {}

  /** Reads `mark` if it is next. */
  take(mark: string): boolean {
    this.skipSpace();
    if (this.text[this.at] !== mark) return false;
    this.at++;
    return true;
  }

  /** Reads `mark`, which has to be next. */
  expect(mark: string, thing: string, fault: SafetensorsFault): void {
    if (!this.take(mark)) throw this.unexpected(thing, fault, `"${mark}"`);
  }

  string(thing: string, fault: SafetensorsFault): string {
    if (!this.take('"')) throw this.unexpected(thing, fault, "a string");
    const start = this.at - 1;
    while (this.text[this.at] !== '"') {
      // An escape is two characters or more; that the second is no closing quote is all that matters here.
      if (this.text[this.at] === "\\") this.at++;
      this.at++;
      if (this.at >= this.text.length) throw this.unexpected(thing, "header-syntax", 'a closing "');
    }
    this.at++;
    return unescaped(this.text.slice(start, this.at), thing);
  }

  /** A count or an offset: digits and nothing else, below 2^53. */
  integer(thing: string): number {
    this.skipSpace();
    const start = this.at;
    while (/[-+.\w]/.test(this.text[this.at] ?? "")) this.at++;
    const token = this.text.slice(start, this.at);
    if (token === "") throw this.unexpected(thing, "integer", "an integer");
    // 2^53 - 1 has 16 digits.
    if (/^(0|[1-9]\d{0,15})$/.test(token) && Number.isSafeInteger(Number(token))) return Number(token);
    throw new SafetensorsError(
      "integer",
      `${thing}: not a plain integer (got ${quoted(token)}, allowed 0 to 2^53 - 1 in digits alone). ${WRITE_AGAIN}.`,
    );
  }

  /** Makes sure that only white space is left. */
  end(): void {
    this.skipSpace();
    if (this.at < this.text.length) throw this.unexpected(HEADER, "header-syntax", "the end");
  }

  private skipSpace(): void {
    while (isSpace(this.text.charCodeAt(this.at))) this.at++;
  }

  private unexpected(thing: string, fault: SafetensorsFault, allowed: string): SafetensorsError {
    const found = this.text[this.at];
    const got = found === undefined ? "the end" : quoted(found);
    const where = `at character ${this.at}`;
    if (found === "\0") {
      const wrong = `${where} there is NUL padding; the format wants spaces (got ${got}, allowed ${allowed})`;
      return new SafetensorsError(fault, `${thing}: ${wrong}. Pad the header with spaces.`);
    }
    if (found === "\ufeff" && this.at === 0) {
      const wrong = `it starts with a byte-order mark (got ${got}, allowed ${allowed})`;
      return new SafetensorsError("header-encoding", `${thing}: ${wrong}. Write the header without one.`);
    }
    return new SafetensorsError(
      fault,
      `${thing}: unexpected text ${where} (got ${got}, allowed ${allowed}). ${WRITE_AGAIN}.`,
    );
  }
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}

/** The value of a string token, quotes included. */
function unescaped(token: string, thing: string): string {
  let value: string;
  try {
    // For a lone string, JSON.parse is as strict as the format: no control characters, no unknown escapes.
    value = JSON.parse(token);
  } catch {
    throw new SafetensorsError(
      "header-syntax",
      `${thing}: not a JSON string (got ${quoted(token)}, allowed no control characters or other escapes). ` +
        `${WRITE_AGAIN}.`,
    );
  }
  if (isWellFormed(value)) return value;
  throw new SafetensorsError(
    "header-encoding",
    `${thing}: half of a surrogate pair (got ${quoted(value)}, allowed whole characters). ${WRITE_AGAIN}.`,
  );
}
