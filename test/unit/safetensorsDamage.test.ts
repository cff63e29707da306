import { describe, expect, it } from "vitest";
import { readSafetensors, type SafetensorsFault, writeSafetensors } from "../../src/interop/index.ts";
import { randomBits } from "../../src/numbers/random.ts";
import { contents, entry, F32, faultOf, file, one, SMALL } from "./safetensorsFiles.ts";

describe("malformed files", () => {
  const utf8 = (text: string): number[] => [...new TextEncoder().encode(text)];
  const json = (header: string): Uint8Array => file(header, 8);
  const polyglot = new Uint8Array([...file(one(F32), 8), ...utf8("<script>")]);

  it.each<[string, SafetensorsFault, Uint8Array]>([
    // Length.
    ["nothing at all", "header-length", new Uint8Array(0)],
    ["7 bytes", "header-length", new Uint8Array(7)],
    ["a header longer than the file", "header-length", file("{}", 0, 3n)],
    ["a header longer than 10 MB", "header-length", file("{}", 0, 10_000_001n)],
    ["a header longer than 100 MB", "header-length", file("{}", 0, 100_000_001n)],
    ["a header of 2^53", "header-length", file("{}", 0, 2n ** 53n)],
    ["a header of 2^64 - 1", "header-length", file("{}", 0, 2n ** 64n - 1n)],
    [
      "a Git LFS pointer",
      "lfs-pointer",
      new Uint8Array(utf8("version https://git-lfs.github.com/spec/v1\noid sha256:0")),
    ],
    // Encoding.
    ["bytes that are not UTF-8", "header-encoding", file(Uint8Array.of(...utf8('{"'), 0xff, ...utf8('":1}')))],
    [
      "a surrogate in UTF-8",
      "header-encoding",
      file(Uint8Array.of(...utf8('{"'), 0xed, 0xa0, 0x80, ...utf8(`":${F32}}`)), 8),
    ],
    ["half of an escaped surrogate pair", "header-encoding", json(`{"\\ud800":${F32}}`)],
    ["a byte-order mark", "header-encoding", json(`\ufeff${one(F32)}`)],
    // Syntax.
    ["an empty header", "header-syntax", file("")],
    ["white space alone", "header-syntax", file("   ")],
    ["an array", "header-syntax", file("[]")],
    ["null", "header-syntax", file("null")],
    ["a number", "header-syntax", file("1")],
    ["NUL padding", "header-syntax", json(`${one(F32)}\0\0\0`)],
    ["NUL before the header", "header-syntax", json(`\0${one(F32)}`)],
    ["text after the header", "header-syntax", json(`${one(F32)}x`)],
    ["two headers", "header-syntax", json(`${one(F32)}${one(F32)}`)],
    ["an open header", "header-syntax", json(`{"a":${F32}`)],
    ["an open string", "header-syntax", json('{"a')],
    ["a string open at its escape", "header-syntax", json('{"a\\')],
    ["a trailing comma", "header-syntax", json(`{"a":${F32},}`)],
    ["no comma", "header-syntax", json(`{"a":${F32}"b":${F32}}`)],
    ["no colon", "header-syntax", json(`{"a"${F32}}`)],
    ["a key without quotes", "header-syntax", json(`{a:${F32}}`)],
    ["a key in single quotes", "header-syntax", json(`{'a':${F32}}`)],
    ["a comment", "header-syntax", json(`/**/${one(F32)}`)],
    ["an unknown escape", "header-syntax", json(`{"\\x61":${F32}}`)],
    ["a line break in a string", "header-syntax", json(`{"a\n":${F32}}`)],
    ["a no-break space", "header-syntax", json(`\u00a0${one(F32)}`)],
    // Duplicates.
    ["a tensor twice", "duplicate", json(`{"a":${F32},"a":${F32}}`)],
    ["a tensor twice, once escaped", "duplicate", json(`{"a":${F32},"\\u0061":${F32}}`)],
    ["__proto__ twice", "duplicate", json(`{"__proto__":${F32},"__proto__":${F32}}`)],
    ["a field twice", "duplicate", json(one('{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}'))],
    ["metadata twice", "duplicate", json(`{"__metadata__":{},"__metadata__":{},"a":${F32}}`)],
    ["a key of the metadata twice", "duplicate", json(`{"__metadata__":{"k":"1","k":"2"},"a":${F32}}`)],
    // Metadata.
    ["metadata that is null", "metadata", file('{"__metadata__":null}')],
    ["metadata that is a list", "metadata", file('{"__metadata__":["k"]}')],
    ["metadata that is a tensor", "metadata", json(`{"__metadata__":${F32}}`)],
    ["metadata with a number", "metadata", file('{"__metadata__":{"k":1}}')],
    ["metadata with an object", "metadata", file('{"__metadata__":{"k":{}}}')],
    // Fields.
    ["a tensor that is null", "field", json(one("null"))],
    ["a tensor that is a list", "field", json(one("[]"))],
    ["no dtype", "field", json(one('{"shape":[2],"data_offsets":[0,8]}'))],
    ["no shape", "field", json(one('{"dtype":"F32","data_offsets":[0,8]}'))],
    ["no data_offsets", "field", json(one('{"dtype":"F32","shape":[2]}'))],
    ["no fields", "field", json(one("{}"))],
    ["a field of no meaning", "field", json(one('{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}'))],
    ["a field __proto__", "field", json(one('{"__proto__":{},"dtype":"F32","shape":[2],"data_offsets":[0,8]}'))],
    ["a dtype that is a number", "field", json(one('{"dtype":1,"shape":[2],"data_offsets":[0,8]}'))],
    ["a shape that is a number", "field", json(one('{"dtype":"F32","shape":2,"data_offsets":[0,8]}'))],
    ["one offset", "field", json(one('{"dtype":"F32","shape":[2],"data_offsets":[0]}'))],
    ["no offset", "field", json(one('{"dtype":"F32","shape":[2],"data_offsets":[]}'))],
    ["an unknown dtype", "dtype", json(one(entry("F31", "[2]", 0, 8)))],
    ["a dtype in lower case", "dtype", json(one(entry("f32", "[2]", 0, 8)))],
    ["a dtype that every object has", "dtype", json(one(entry("constructor", "[2]", 0, 8)))],
    ["4-bit floats that end in mid-byte", "dtype", file(one(entry("F4", "[3]", 0, 2)), 2)],
    ["6-bit floats that end in mid-byte", "dtype", file(one(entry("F6_E3M2", "[2]", 0, 2)), 2)],
    // Integers.
    ...["1e2", "1.0", "-0", "-1", "1e400", "9007199254740992", "9007199254740993", "00", "02", "+2", "0x2", "NaN"].map(
      (token): [string, SafetensorsFault, Uint8Array] => [
        `size ${token}`,
        "integer",
        json(one(entry("F32", `[${token}]`, 0, 8))),
      ],
    ),
    ...["8.0", "8e0", "-8", "18446744073709551616", "9".repeat(1_000_000), '"8"', "null", "true", "[8]", ""].map(
      (token): [string, SafetensorsFault, Uint8Array] => [
        `offset ${token.slice(0, 30)}`,
        "integer",
        json(one(entry("F32", "[2]", 0, token))),
      ],
    ),
    // Offsets, shapes, sizes.
    ["a gap before", "offsets", file(one(entry("F32", "[2]", 4, 12)), 12)],
    ["a hole between", "offsets", file(`{"a":${F32},"b":${entry("U8", "[1]", 9, 10)}}`, 10)],
    ["an overlap", "offsets", file(`{"a":${F32},"b":${entry("U8", "[2]", 7, 9)}}`, 9)],
    ["the same data twice", "offsets", file(`{"a":${F32},"b":${F32}}`, 8)],
    ["an end before the beginning", "offsets", json(one(entry("F32", "[2]", 8, 0)))],
    ["an end past the file", "offsets", file(one(F32), 7)],
    ["an end far past the file", "offsets", json(one(entry("U8", "[100000000000000]", 0, 1e14)))],
    ["a zero-size tensor inside another's data", "offsets", file(`{"a":${F32},"z":${entry("F32", "[0]", 4, 4)}}`, 8)],
    ["a zero-size tensor past the end", "offsets", file(`{"a":${F32},"z":${entry("F32", "[0]", 9, 9)}}`, 8)],
    ["bytes after the data", "trailing", file(one(F32), 9)],
    ["a page after the data", "trailing", polyglot],
    ["data and no tensor", "trailing", file("{}", 1)],
    ["a shape smaller than its data", "shape", json(one(entry("F32", "[1]", 0, 8)))],
    ["a shape larger than its data", "shape", json(one(entry("F32", "[2,2]", 0, 8)))],
    ["a dtype wider than its data", "shape", json(one(entry("F64", "[2]", 0, 8)))],
    ["a zero-size shape with data", "shape", json(one(entry("F32", "[0]", 0, 8)))],
    ["a product that wraps 64 bits to 4", "shape", file(one(entry("U8", "[4294967297,4294967297,4,1]", 0, 4)), 4)],
    ["a product past 2^53", "shape", json(one(entry("U8", "[94906267,94906267]", 0, 8)))],
    ["bits past 2^53", "shape", json(one(entry("F64", "[9007199254740991]", 0, 8)))],
    ["a product past 2^53, then zero", "shape", file(one(entry("U8", "[9007199254740991,2,0]", 0, 0)))],
    // Bombs.
    ["a million brackets", "header-syntax", file("[".repeat(1_000_000))],
    ["a million objects", "field", file('{"a":'.repeat(1_000_000))],
    ["a million brackets for a shape", "integer", file(one(`{"shape":${"[".repeat(1_000_000)}`))],
    ["a million dimensions", "limit", json(one(entry("U8", `[${"1,".repeat(1_000_000)}1]`, 0, 1)))],
    ["a million offsets", "limit", json(one(entry("F32", "[2]", 0, `8${",8".repeat(1_000_000)}`)))],
  ])("refuses %s", (_, fault, bytes) => {
    expect(faultOf(bytes)).toBe(fault);
  });

  it("says what to do about NUL padding, a byte-order mark and a pointer file", () => {
    const read = (bytes: Uint8Array) => () => readSafetensors(bytes);
    expect(read(json(`${one(F32)}\0`))).toThrow(/NUL padding; the format wants spaces/);
    expect(read(json(`\ufeff${one(F32)}`))).toThrow(/byte-order mark/);
    expect(read(new Uint8Array(utf8("version https://git-lfs.github.com/spec/v1\n")))).toThrow(/Git LFS pointer/);
    expect(read(json(one(entry("F31", "[2]", 0, 8))))).toThrow(/"F31"/);
  });

  it("refuses what is not bytes, and limits out of range", () => {
    expect(faultOf(SMALL.buffer as unknown as Uint8Array)).toBe("input");
    for (const maxHeaderBytes of [-1, 1.5, Number.NaN, 100_000_001]) {
      expect(faultOf(SMALL, { maxHeaderBytes })).toBe("input");
    }
  });

  it("finds a file that shrank to nothing while it was held", () => {
    const bytes = SMALL.slice();
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    expect(faultOf(bytes)).toBe("header-length");
  });
});

describe("damage never leads to anything but a SafetensorsError", () => {
  it("at any length that a file is cut to", () => {
    for (let length = 0; length < SMALL.length; length++) expect(faultOf(SMALL.subarray(0, length))).toBeDefined();
    expect(faultOf(SMALL)).toBeUndefined();
  });

  it("with any byte of length or header set to any value", () => {
    const headerEnd = SMALL.length - 11;
    for (let at = 0; at < headerEnd; at++) {
      for (let value = 0; value < 256; value++) faultOf(SMALL.with(at, value));
    }
  });

  it("in 20,000 random mutations; and what is still good survives a round trip", () => {
    const grammar = [...new TextEncoder().encode('{}[]",:\\ \0\n019-.eEu_F3U8IABO"shape"dtype')];
    let draw = 0;
    const below = (limit: number): number => randomBits(2026, 0, draw++) % limit;
    const edit = (bytes: number[]): void => {
      const at = below(bytes.length);
      const length = below(12);
      const value = below(2) ? below(256) : (grammar[below(grammar.length)] as number);
      [
        () => bytes.splice(at, 1, value),
        () => bytes.splice(at, 0, value),
        () => bytes.splice(at, length),
        () => bytes.splice(at, 0, ...bytes.slice(below(bytes.length)).slice(0, length)),
      ][below(4)]?.();
    };
    const faults = new Set<string>();
    for (let trial = 0; trial < 20_000; trial++) {
      const header = [...SMALL.subarray(8, -11)];
      for (let edits = 1 + below(4); edits > 0; edits--) edit(header);
      // The length follows the header most of the time: else nearly every trial would end there.
      const length = below(8) ? undefined : BigInt(below(300));
      const bytes = file(Uint8Array.from(header), below(12) ? 11 : 10 + below(3), length);
      const fault = faultOf(bytes);
      faults.add(fault ?? "none");
      if (fault !== undefined) continue;
      const read = readSafetensors(bytes);
      expect(contents(readSafetensors(writeSafetensors(read.tensors, read.metadata)))).toEqual(contents(read));
    }
    // The mutations reach well past the first check.
    expect([...faults].sort()).toEqual(
      expect.arrayContaining([
        "dtype",
        "field",
        "header-encoding",
        "header-length",
        "header-syntax",
        "integer",
        "none",
        "offsets",
        "shape",
        "trailing",
      ]),
    );
  });
});
