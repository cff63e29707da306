import { readFile } from "node:fs/promises";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { DatasetError, loadDataset, parseDigits, parseIdxImages, parseIdxLabels } from "../../src/train/datasets.ts";

type Fetch = (file: string) => Promise<Uint8Array>;

const fromDisk: Fetch = (file) => readFile(new URL(`../../data/${file}`, import.meta.url));
const bytesOf = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);
const countOf = (labels: Uint32Array, label: number): number => labels.filter((value) => value === label).length;
const sum = (values: Float32Array): number => values.reduce((total, value) => total + value, 0);

const MESSAGE = /^.+: .+ \(got .+, allowed .+\)\. .+\.$/s;
function expectDatasetError(error: unknown, wrong: RegExp): void {
  expect(error).toBeInstanceOf(DatasetError);
  expect((error as Error).message).toMatch(MESSAGE);
  expect((error as Error).message).toMatch(wrong);
}
const thrownBy = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe("the project's own copies", () => {
  it("loads digits, every fifth image held out", async () => {
    const { name, classes, width, height, features, train, test } = await loadDataset("digits", fromDisk);
    expect({ name, width, height, features }).toEqual({ name: "digits", width: 8, height: 8, features: 64 });
    expect(classes).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    expect([train.count, test.count]).toEqual([1438, 359]);
    expect([train.x.length, test.x.length]).toEqual([1438 * 64, 359 * 64]);
    // The file begins with the digits 0 to 9, twice: held out are the fourth, ninth, fourteenth, …
    expect([...train.y.subarray(0, 8)]).toEqual([0, 1, 2, 3, 5, 6, 7, 8]);
    expect([...test.y.subarray(0, 4)]).toEqual([4, 9, 4, 9]);
    expect([...train.x.subarray(0, 8)]).toEqual([0, 0, 5, 13, 9, 1, 0, 0].map((pixel) => pixel / 16));
    expect(classes.map((_, label) => countOf(test.y, label))).toEqual([27, 21, 34, 52, 34, 28, 31, 43, 47, 42]);
  });

  it("loads Fashion-MNIST, 6,000 and 1,000", async () => {
    const { name, classes, width, height, features, train, test } = await loadDataset("fashion", fromDisk);
    expect({ name, width, height, features }).toEqual({ name: "fashion", width: 28, height: 28, features: 784 });
    expect(classes).toHaveLength(10);
    expect([train.count, test.count]).toEqual([6000, 1000]);
    expect([train.x.length, test.x.length]).toEqual([6000 * 784, 1000 * 784]);
    expect([...train.y.subarray(0, 8)].map((label) => classes[label])).toEqual([
      "Ankle boot",
      "T-shirt/top",
      "T-shirt/top",
      "Dress",
      "T-shirt/top",
      "Pullover",
      "Sneaker",
      "Pullover",
    ]);
    for (const { x } of [train, test]) expect(x.every((value) => value >= 0 && value <= 1)).toBe(true);
    expect(Math.max(...train.x.subarray(0, 784))).toBe(1);
    // The mean that is usually quoted for the whole training set is 0.2860.
    expect(sum(train.x) / train.x.length).toBeCloseTo(0.286, 2);
  });

  it("takes files that the server has unpacked, and files in shared memory", async () => {
    const unpacked: Fetch = async (file) => new Uint8Array(gunzipSync(await fromDisk(file)));
    const shared: Fetch = async (file) => {
      const bytes = await fromDisk(file);
      const view = new Uint8Array(new SharedArrayBuffer(bytes.length));
      view.set(bytes);
      return view;
    };
    const zipped = await loadDataset("digits", fromDisk);
    expect(await loadDataset("digits", unpacked)).toEqual(zipped);
    expect(await loadDataset("digits", shared)).toEqual(zipped);
  });
});

describe("idx", () => {
  const image = bytesOf(0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6);
  const labels = bytesOf(0, 0, 8, 1, 0, 0, 0, 2, 7, 9);
  const changed = (bytes: Uint8Array, at: number, value: number): Uint8Array => {
    const copy = bytes.slice();
    copy[at] = value;
    return copy;
  };

  it("reads images and labels", () => {
    expect(parseIdxImages(image)).toEqual({ count: 1, height: 2, width: 3, pixels: bytesOf(1, 2, 3, 4, 5, 6) });
    expect(parseIdxLabels(labels)).toEqual(bytesOf(7, 9));
  });

  it("reads a view that does not begin at its buffer's start", () => {
    const buffer = new Uint8Array(image.length + 3);
    buffer.set(image, 3);
    expect(parseIdxImages(buffer.subarray(3)).pixels).toEqual(bytesOf(1, 2, 3, 4, 5, 6));
  });

  it.each<[string, () => unknown, RegExp]>([
    ["images: empty", () => parseIdxImages(bytesOf()), /ends in its header/],
    ["images: no data", () => parseIdxImages(image.subarray(0, 16)), /not as long/],
    ["images: one byte short", () => parseIdxImages(image.subarray(0, 21)), /not as long/],
    ["images: one byte long", () => parseIdxImages(bytesOf(...image, 0)), /not as long/],
    ["images: the magic of labels", () => parseIdxImages(changed(image, 3, 1)), /wrong magic \(got 0x801/],
    ["images: floats", () => parseIdxImages(changed(image, 2, 0x0d)), /wrong magic/],
    ["images: little-endian", () => parseIdxImages(bytesOf(3, 8, 0, 0, ...image.subarray(4))), /wrong magic/],
    ["images: none", () => parseIdxImages(changed(image, 7, 0).subarray(0, 16)), /none of them zero/],
    ["images: 0 wide", () => parseIdxImages(changed(image, 15, 0).subarray(0, 16)), /none of them zero/],
    ["images: 4 G of them", () => parseIdxImages(changed(image, 4, 0xff)), /not as long/],
    ["images: sizes that wrap", () => parseIdxImages(image.map((b, i) => (i > 3 && i < 16 ? 0xff : b))), /not as long/],
    ["labels: empty", () => parseIdxLabels(bytesOf()), /ends in its header/],
    ["labels: the magic of images", () => parseIdxLabels(changed(labels, 3, 3)), /wrong magic/],
    ["labels: one short", () => parseIdxLabels(labels.subarray(0, 9)), /not as long/],
    ["labels: one too many", () => parseIdxLabels(bytesOf(...labels, 1)), /not as long/],
    ["labels: none", () => parseIdxLabels(bytesOf(0, 0, 8, 1, 0, 0, 0, 0)), /none of them zero/],
  ])("refuses %s", (_, run, wrong) => {
    expectDatasetError(thrownBy(run), wrong);
  });
});

describe("digits", () => {
  const line = [...Array(64).fill("16"), "9"].join(",");
  const withField = (column: number, field: string): string => line.split(",").with(column, field).join(",");

  it("reads lines with either ending, and a last one with none", () => {
    for (const text of [`${line}\n${line}\n`, `${line}\r\n${line}\r\n`, `${line}\n${line}`]) {
      const { count, pixels, labels } = parseDigits(text);
      expect([count, pixels.length, [...labels]]).toEqual([2, 128, [9, 9]]);
    }
  });

  it.each<[string, string, RegExp]>([
    ["nothing", "", /line 1: wrong number of values/],
    ["an empty line", `${line}\n\n${line}`, /line 2: wrong number of values/],
    ["a value too few", line.slice(3), /got 64/],
    ["a value too many", `${line},1`, /got 66/],
    ["a pixel too bright", withField(3, "17"), /got "17"/],
    ["a negative pixel", withField(3, "-1"), /got "-1"/],
    ["a fraction", withField(3, "1.5"), /got "1.5"/],
    ["no number", withField(3, ""), /got ""/],
    ["a space", withField(3, " 1"), /got " 1"/],
    ["text", withField(3, "x".repeat(1000)), /got "x{20}"/],
    ["a label out of range", withField(64, "10"), /got "10", allowed 0 to 9/],
    ["a web page", "<!doctype html>", /got 1,/],
  ])("refuses %s", (_, text, wrong) => {
    expectDatasetError(
      thrownBy(() => parseDigits(text)),
      wrong,
    );
  });
});

describe("loadDataset refuses", () => {
  const idx = (rank: number, sizes: number[], data: Uint8Array): Uint8Array => {
    const bytes = new Uint8Array(4 + 4 * rank + data.length);
    new DataView(bytes.buffer).setUint32(0, 0x800 + rank);
    sizes.forEach((size, axis) => {
      new DataView(bytes.buffer).setUint32(4 + 4 * axis, size);
    });
    bytes.set(data, 4 + 4 * rank);
    return bytes;
  };
  const fashion =
    (images: Uint8Array, labels: Uint8Array): Fetch =>
    async (file) =>
      file.includes("images") ? images : labels;
  const two = idx(3, [2, 28, 28], new Uint8Array(2 * 784));
  const line = [...Array(64).fill("0"), "0"].join(",");
  const zipped = gzipSync("x".repeat(1000));

  it.each<[string, "fashion" | "digits", Fetch, RegExp]>([
    ["labels that are not as many", "fashion", fashion(two, idx(1, [3], bytesOf(1, 2, 3))), /got 3 labels, allowed 2/],
    ["a label out of range", "fashion", fashion(two, idx(1, [2], bytesOf(1, 10))), /label 1: no such class \(got 10/],
    [
      "images of another size",
      "fashion",
      fashion(idx(3, [2, 8, 8], new Uint8Array(128)), idx(1, [2], bytesOf(1, 2))),
      /got 8×8/,
    ],
    ["too few digits to split", "digits", async () => new TextEncoder().encode(line), /got 1, allowed 5/],
    ["bytes that are not text", "digits", async () => bytesOf(0xff, 0xfe, 0), /line 1/],
    ["damaged gzip", "digits", async () => zipped.map((byte, at) => (at === 12 ? byte ^ 0xff : byte)), /gzip/],
    ["cut gzip", "digits", async () => zipped.subarray(0, zipped.length - 3), /gzip/],
    ["gzip and nothing more", "digits", async () => bytesOf(0x1f, 0x8b), /gzip/],
    ["an unknown name", "mnist" as "digits", fromDisk, /got "mnist"/],
  ])("%s", async (_, name, fetchBytes, wrong) => {
    expectDatasetError(await loadDataset(name, fetchBytes).catch((error: unknown) => error), wrong);
  });

  it("passes on what fetchBytes throws", async () => {
    const offline = new Error("offline");
    await expect(loadDataset("fashion", () => Promise.reject(offline))).rejects.toBe(offline);
  });
});
