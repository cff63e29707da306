import { describe, expect, it, vi } from "vitest";
import {
  readSafetensors,
  type SafetensorsFault,
  type SafetensorsTensor,
  writeSafetensors,
} from "../../src/interop/index.ts";
import { contents, entry, F32, faultOf, file, MESSAGE, one, SMALL } from "./safetensorsFiles.ts";

describe("good files", () => {
  it("reads what safetensors 0.8.0 wrote", () => {
    const base64 =
      "WAEAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJmb3JtYXQiOiJucCJ9LCJzdGVwIjp7ImR0eXBlIjoiSTY0Iiwic2hhcGUiOltdLCJkYXRhX29m" +
      "ZnNldHMiOlswLDhdfSwiZW1wdHkiOnsiZHR5cGUiOiJGMzIiLCJzaGFwZSI6WzAsNF0sImRhdGFfb2Zmc2V0cyI6WzgsOF19LCJsYXllcnMu" +
      "MC53ZWlnaHQiOnsiZHR5cGUiOiJGMzIiLCJzaGFwZSI6WzIsM10sImRhdGFfb2Zmc2V0cyI6WzgsMzJdfSwiYmlhcyI6eyJkdHlwZSI6IkYx" +
      "NiIsInNoYXBlIjpbMl0sImRhdGFfb2Zmc2V0cyI6WzMyLDM2XX0sIkdyw7zDn2Ug5L2gIjp7ImR0eXBlIjoiVTgiLCJzaGFwZSI6WzNdLCJk" +
      "YXRhX29mZnNldHMiOlszNiwzOV19fSAgICAgIAcAAAAAAAAAAADAPwAAAMAAAEBAAACAQAAAoEAAAIB/ADgAvAECAw==";
    const bytes = new Uint8Array(Buffer.from(base64, "base64"));
    const { tensors, metadata } = readSafetensors(bytes);
    expect(metadata).toEqual(new Map([["format", "np"]]));
    expect([...tensors]).toEqual([
      ["step", { dtype: "I64", shape: [], data: BigInt64Array.of(7n) }],
      ["empty", { dtype: "F32", shape: [0, 4], data: new Float32Array(0) }],
      ["layers.0.weight", { dtype: "F32", shape: [2, 3], data: Float32Array.of(1.5, -2, 3, 4, 5, Infinity) }],
      ["bias", { dtype: "F16", shape: [2], data: Uint16Array.of(0x3800, 0xbc00) }],
      ["Grüße 你", { dtype: "U8", shape: [3], data: Uint8Array.of(1, 2, 3) }],
    ]);
    // That library, too, places the widest elements first and pads to 8: the very same bytes come back.
    expect(writeSafetensors(tensors, metadata)).toEqual(bytes);
  });

  it.each<[string, Uint8Array]>([
    ["no tensors", file("{}")],
    ["metadata alone, last", file(`{"a":${F32},"__metadata__":{}}`, 8)],
    [
      "white space before, between and after",
      file(` \t\n{ "a" :\r\n{"dtype": "F32", "shape":[ 2 ] ,"data_offsets":[0, 8]}} \n`, 8),
    ],
    ["fields in another order", file(one('{"data_offsets":[0,8],"shape":[2],"dtype":"F32"}'), 8)],
    ["tensors in another order than their data", file(`{"b":${entry("U8", "[4]", 8, 12)},"a":${F32}}`, 12)],
    [
      "a zero-size tensor between two",
      file(`{"a":${F32},"z":${entry("F32", "[0]", 8, 8)},"b":${entry("U8", "[1]", 8, 9)}}`, 9),
    ],
    ["zero-size tensors alone", file(`{"y":${entry("F32", "[0]", 0, 0)},"z":${entry("F32", "[3,0]", 0, 0)}}`)],
    ["a scalar", file(one(entry("F64", "[]", 0, 8)), 8)],
    ["escapes in a name", file(`{"\\u0061\\n\\"\\\\\\ud83d\\ude00":${F32}}`, 8)],
    ["4-bit floats that fill their bytes", file(one(entry("F4", "[2,3]", 0, 3)), 3)],
    ["6-bit floats that fill their bytes", file(one(entry("F6_E2M3", "[4]", 0, 3)), 3)],
    ["NaN and infinity", file(one(F32), Uint8Array.of(0, 0, 192, 127, 0, 0, 128, 255))],
    ["an integer at its limit, times zero", file(one(entry("U8", "[0,9007199254740991]", 0, 0)))],
  ])("takes %s", (_, bytes) => {
    expect(faultOf(bytes)).toBeUndefined();
    const read = readSafetensors(bytes);
    expect(contents(readSafetensors(writeSafetensors(read.tensors, read.metadata)))).toEqual(contents(read));
  });

  it.each(["__proto__", "constructor", "toString", "", "..", "a/b", "0", "x".repeat(1 << 20)])(
    "keeps a tensor by the name %.20s",
    (name) => {
      const key = JSON.stringify(name);
      const { tensors, metadata } = readSafetensors(file(`{"__metadata__":{${key}:"v"},${key}:${F32}}`, 8));
      expect([...tensors.keys()]).toEqual([name]);
      expect([...metadata]).toEqual([[name, "v"]]);
      expect(contents(readSafetensors(writeSafetensors(tensors, metadata)))).toEqual(contents({ tensors, metadata }));
    },
  );

  it("views aligned data and copies the rest", () => {
    for (let shift = 0; shift < 8; shift++) {
      const buffer = new Uint8Array(SMALL.length + shift);
      buffer.set(SMALL, shift);
      const { data } = readSafetensors(buffer.subarray(shift)).tensors.get("a")!;
      const start = shift + SMALL.length - 11;
      expect([...(data as Float32Array)]).toEqual([0, 0]);
      expect(data.buffer === buffer.buffer).toBe(start % 4 === 0);
    }
  });

  it("reads Node's Buffer, whose slices are views, and shared memory", () => {
    const pooled = Buffer.concat([Buffer.of(1), SMALL]).subarray(1);
    expect(contents(readSafetensors(pooled))).toEqual(contents(readSafetensors(SMALL)));
    expect(readSafetensors(pooled).tensors.get("b")!.data).toEqual(new Uint8Array(3));
    const shared = new Uint8Array(new SharedArrayBuffer(SMALL.length));
    shared.set(SMALL);
    expect(contents(readSafetensors(shared))).toEqual(contents(readSafetensors(SMALL)));
  });

  it("reads a header over the default limit when told to", () => {
    const long = file(`{}${" ".repeat(10_000_000)}`);
    expect(faultOf(long)).toBe("header-length");
    expect(faultOf(long, { maxHeaderBytes: 100_000_000 })).toBeUndefined();
  });

  it("takes 65,536 tensors and no more", () => {
    const header = (count: number): string =>
      `{${Array.from({ length: count }, (_, i) => `"${i}":${entry("U8", "[0]", 0, 0)}`)}}`;
    expect(readSafetensors(file(header(65_536))).tensors.size).toBe(65_536);
    expect(faultOf(file(header(65_537)))).toBe("limit");
  });
});

describe("the finite option", () => {
  const of = (dtype: string, ...data: number[]): Uint8Array => {
    const bits = { F64: 64, C64: 64, F32: 32, I32: 32, U16: 16, F16: 16, BF16: 16 }[dtype] ?? 8;
    return file(one(entry(dtype, `[${(data.length * 8) / bits}]`, 0, data.length)), Uint8Array.from(data));
  };

  it.each<[string, boolean, Uint8Array]>([
    ["F32 NaN", false, of("F32", 0, 0, 0xc0, 0x7f)],
    ["F32 -infinity", false, of("F32", 0, 0, 0x80, 0xff)],
    ["F32 at its largest", true, of("F32", 0xff, 0xff, 0x7f, 0x7f)],
    ["F64 infinity", false, of("F64", 0, 0, 0, 0, 0, 0, 0xf0, 0x7f)],
    ["C64 with an imaginary NaN", false, of("C64", 0, 0, 0, 0, 1, 0, 0x80, 0x7f)],
    ["F16 infinity", false, of("F16", 0, 0x7c)],
    ["F16 NaN", false, of("F16", 1, 0xfc)],
    ["F16 at its largest", true, of("F16", 0xff, 0x7b)],
    ["BF16 infinity", false, of("BF16", 0x80, 0x7f)],
    ["BF16 at its largest", true, of("BF16", 0x7f, 0xff)],
    ["F8_E5M2 infinity", false, of("F8_E5M2", 0x7c)],
    ["F8_E5M2 at its largest", true, of("F8_E5M2", 0x7b)],
    ["F8_E4M3 NaN", false, of("F8_E4M3", 0xff)],
    ["F8_E4M3 at its largest", true, of("F8_E4M3", 0x7e)],
    ["F8_E8M0 NaN", false, of("F8_E8M0", 0xff)],
    ["F8_E4M3FNUZ NaN", false, of("F8_E4M3FNUZ", 0x80)],
    ["F8_E5M2FNUZ NaN", false, of("F8_E5M2FNUZ", 0x80)],
    ["F8_E5M2FNUZ at its largest", true, of("F8_E5M2FNUZ", 0xff)],
    ["U16, whatever its bits", true, of("U16", 0xff, 0xff)],
    ["I32, whatever its bits", true, of("I32", 0, 0, 0xc0, 0x7f)],
    ["F4, which has no NaN", true, file(one(entry("F4", "[2]", 0, 1)), Uint8Array.of(0xff))],
  ])("judges %s", (_, finite, bytes) => {
    expect(faultOf(bytes)).toBeUndefined();
    expect(faultOf(bytes, { finite: "error" })).toBe(finite ? undefined : "non-finite");
  });

  it("warns and reads on", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    readSafetensors(of("F32", 0, 0, 0, 0), { finite: "warn" });
    expect(warn).not.toHaveBeenCalled();
    expect(readSafetensors(of("F32", 0, 0, 0xc0, 0x7f), { finite: "warn" }).tensors.size).toBe(1);
    expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringMatching(/tensor "a": not finite/));
    warn.mockRestore();
  });
});

describe("writeSafetensors", () => {
  const tensor = (shape: number[], data: Float32Array = new Float32Array(2)): SafetensorsTensor => ({
    dtype: "F32",
    shape,
    data,
  });
  const named = (name: string, value: unknown): Map<string, SafetensorsTensor> =>
    new Map([[name, value as SafetensorsTensor]]);

  it("writes the same bytes for the same tensors, in the order given, aligned", () => {
    const tensors = new Map<string, SafetensorsTensor>([
      ["z", { dtype: "U8", shape: [3], data: Uint8Array.of(1, 2, 3) }],
      ["10", tensor([1, 2], Float32Array.of(1, -1))],
      ["9", { dtype: "I64", shape: [], data: BigInt64Array.of(-1n) }],
    ]);
    const bytes = writeSafetensors(tensors, { step: "7" });
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header = new TextDecoder().decode(bytes.subarray(8, 8 + length));
    expect(header.trimEnd()).toBe(
      '{"__metadata__":{"step":"7"},"z":{"dtype":"U8","shape":[3],"data_offsets":[16,19]},' +
        '"10":{"dtype":"F32","shape":[1,2],"data_offsets":[8,16]},"9":{"dtype":"I64","shape":[],"data_offsets":[0,8]}}',
    );
    expect(length % 8).toBe(0);
    expect(bytes.length).toBe(8 + length + 19);
    expect(writeSafetensors(tensors, new Map([["step", "7"]]))).toEqual(bytes);
    const read = readSafetensors(bytes);
    expect([...read.tensors]).toEqual([...tensors]);
    for (const { data } of read.tensors.values()) expect(data.buffer).toBe(bytes.buffer);
  });

  it("writes views of larger and of shared buffers", () => {
    const data = new Float32Array(new SharedArrayBuffer(16), 4, 2).fill(3);
    expect(readSafetensors(writeSafetensors(named("a", tensor([2], data)))).tensors.get("a")!.data).toEqual(
      Float32Array.of(3, 3),
    );
  });

  it("writes every dtype so that it reads back", () => {
    const eight = (
      dtype: string,
      array: new (length: number) => unknown,
      length: number,
    ): [string, SafetensorsTensor] => [dtype, { dtype, shape: [8], data: new array(length) } as SafetensorsTensor];
    const tensors = new Map([
      ...["BOOL", "U8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"].map((d) =>
        eight(d, Uint8Array, 8),
      ),
      eight("F4", Uint8Array, 4),
      eight("F6_E2M3", Uint8Array, 6),
      eight("F6_E3M2", Uint8Array, 6),
      eight("I8", Int8Array, 8),
      eight("I16", Int16Array, 8),
      ...["U16", "F16", "BF16"].map((d) => eight(d, Uint16Array, 8)),
      eight("I32", Int32Array, 8),
      eight("U32", Uint32Array, 8),
      eight("F32", Float32Array, 8),
      eight("C64", Float32Array, 16),
      eight("F64", Float64Array, 8),
      eight("I64", BigInt64Array, 8),
      eight("U64", BigUint64Array, 8),
    ]);
    expect(tensors.size).toBe(22);
    expect([...readSafetensors(writeSafetensors(tensors)).tensors]).toEqual([...tensors]);
  });

  it.each<[string, SafetensorsFault, Map<string, SafetensorsTensor>, Record<string, unknown>?]>([
    ["a tensor called __metadata__", "name", named("__metadata__", tensor([2]))],
    ["half of a surrogate pair in a name", "name", named("\ud800", tensor([2]))],
    ["an unknown dtype", "dtype", named("a", { ...tensor([2]), dtype: "F31" })],
    ["no dtype", "dtype", named("a", { ...tensor([2]), dtype: undefined })],
    ["the wrong array for a dtype", "dtype", named("a", { ...tensor([2]), data: new Float64Array(1) })],
    ["no data", "dtype", named("a", { ...tensor([2]), data: undefined })],
    ["4-bit floats that end in mid-byte", "dtype", named("a", { dtype: "F4", shape: [3], data: new Uint8Array(2) })],
    ["a shape that is not the data's", "shape", named("a", tensor([3]))],
    ["a negative shape", "shape", named("a", tensor([-1, -2]))],
    ["a fractional shape", "shape", named("a", tensor([0.5, 4]))],
    ["a NaN shape", "shape", named("a", tensor([Number.NaN]))],
    ["a shape past 2^53", "shape", named("a", tensor([2 ** 52, 2 ** 52]))],
    ["65 dimensions", "shape", named("a", tensor([...Array(64).fill(1), 2]))],
    ["metadata that is not text", "metadata", new Map(), { k: 1 }],
    ["half of a surrogate pair in the metadata", "metadata", new Map(), { k: "\udc00" }],
    ["65,537 tensors", "limit", new Map(Array.from({ length: 65_537 }, (_, i) => [`${i}`, tensor([2])]))],
    ["a header over 100 MB", "limit", new Map(), { k: "x".repeat(100_000_000) }],
  ])("refuses %s", (_, fault, tensors, metadata) => {
    expect(() => writeSafetensors(tensors, metadata as Record<string, string> | undefined)).toThrow(
      expect.objectContaining({ name: "SafetensorsError", fault, message: expect.stringMatching(MESSAGE) }),
    );
  });
});
