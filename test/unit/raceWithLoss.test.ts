import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { RaceWithLoss } from "../../src/gpu/raceWithLoss.ts";

const never = new Promise<never>(() => {});
const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

test("a promise comes through, well or badly", async () => {
  const loss = new RaceWithLoss(never);
  expect(await loss.race(Promise.resolve(7))).toBe(7);
  await expect(loss.race(Promise.reject(new Error("its own")))).rejects.toThrow("its own");
});

test("a loss ends all waits, those that begin later too", async () => {
  let lose = (): void => {};
  const loss = new RaceWithLoss(new Promise<void>((resolve) => void (lose = resolve)));
  const waits = [loss.race(never), loss.race(never)];
  lose();
  expect(await Promise.all(waits)).toEqual([undefined, undefined]);
  expect(await loss.race(never)).toBe(undefined);
  expect(await loss.race(Promise.resolve(7))).toBe(7);
});

test("what has come is not kept until the loss", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const loss = new RaceWithLoss(never);
  const come = await (async () => new WeakRef((await loss.race(Promise.resolve(new ArrayBuffer(8)))) as ArrayBuffer))();
  await soon(); // A WeakRef keeps what it refers to until the task ends.
  collect();
  expect(come.deref()).toBe(undefined);
});
