import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { decode, encode, randomWindows, textDataset, windowsIn, windowsInOrder } from "../../src/train/text.ts";

const austen = textDataset(readFileSync(new URL("../../data/pride-and-prejudice.txt", import.meta.url), "utf8"));

test("the shipped text is whole: its characters in their order, nine tenths to train on", () => {
  expect(austen.characters.length).toBe(75);
  expect([...austen.characters]).toEqual([...austen.characters].sort());
  expect([austen.train.length, austen.validation.length]).toEqual([616_291, 68_477]);
  expect(decode(austen, austen.train.subarray(0, 19))).toBe("PRIDE AND PREJUDICE");
});

test("a text is its ids, and back; what is no character of it is refused", () => {
  const text = "It is a truth universally acknowledged";
  expect(decode(austen, encode(austen, text))).toBe(text);
  expect(() => encode(austen, "a ☃")).toThrow('text: the data set has no "☃". Leave it out.');
});

test("characters beyond 16 bits are one each", () => {
  const { characters, train } = textDataset("🌍a".repeat(20));
  expect([...characters]).toEqual(["a", "🌍"]);
  expect([...train.subarray(0, 4)]).toEqual([1, 0, 1, 0]);
});

test("a batch is a pure function of the seed and the step", () => {
  const [rows, context] = [4, 16];
  const batch = (seed: number, step: number) => randomWindows(austen.train, rows, context, seed, step);
  expect(batch(1, 7)).toEqual(batch(1, 7));
  expect(batch(1, 8)).not.toEqual(batch(1, 7));
  expect(batch(2, 7)).not.toEqual(batch(1, 7));
});

test("what should come out is what went in, one character on", () => {
  const { x, y } = randomWindows(austen.train, 8, 32, 3, 0);
  for (let row = 0; row < 8; row++) {
    expect([...y.subarray(row * 32, row * 32 + 31)]).toEqual([...x.subarray(row * 32 + 1, (row + 1) * 32)]);
  }
});

test("random windows reach the first character and the last, and nothing beyond", () => {
  const ids = Uint32Array.from({ length: 12 }, (_, i) => i);
  const { x, y } = randomWindows(ids, 400, 9, 1, 0);
  const starts = new Set(Array.from({ length: 400 }, (_, row) => x[row * 9]));
  expect([...starts].sort()).toEqual([0, 1, 2]);
  expect(Math.max(...y)).toBe(11);
});

test("windows side by side hold all but what does not fill one, each once", () => {
  const ids = Uint32Array.from({ length: 22 }, (_, i) => i);
  expect(windowsIn(ids, 5)).toBe(4);
  const { x, y } = windowsInOrder(ids, 4, 5, 0);
  expect([...x]).toEqual([...ids.subarray(0, 20)]);
  expect([...y]).toEqual([...ids.subarray(1, 21)]);
  expect([...windowsInOrder(ids, 2, 5, 3).x]).toEqual([15, 16, 17, 18, 19, 0, 1, 2, 3, 4]);
});

test("a text without a part to hold back, and windows longer than it, are refused", () => {
  expect(() => textDataset("very short")).toThrow("text: it is too short (got 10 characters");
  expect(() => randomWindows(Uint32Array.from([1, 2, 3]), 1, 3, 1, 0)).toThrow(
    "text: no such window (got 3 characters, allowed 1 to 2).",
  );
});
