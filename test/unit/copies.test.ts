import { describe, expect, it } from "vitest";
import { type Copies, f32, layers, losses, u32 } from "../../src/engine/index.ts";
import { lower } from "../../src/engine/lower/lower.ts";
import { UsageError } from "../../src/gpu/index.ts";
import { adam } from "../../src/optim/index.ts";
import { compile } from "../../src/train/index.ts";
import { copiesOf } from "../graph/copiesOf.ts";
import type { LeafName } from "../graph/opRow.ts";
import { opTable } from "../graph/opTable.ts";
import { prepare } from "../graph/runRow.ts";
import { softwareDevice } from "../support/engineDevices.ts";

describe("copies that cannot be are refused before anything is made", () => {
  const faults: readonly (readonly [name: string, copies: Copies, message: string])[] = [
    ["none", { count: 0 }, "copies: no number of them (got 0, allowed whole numbers from 1 on)."],
    ["one and a half", { count: 1.5 }, "copies: no number of them (got 1.5,"],
    ["too few seeds", { count: 3, seeds: [1, 2] }, "copies: not a seed for each (got 2, allowed 3)."],
    [
      "a seed below zero",
      { count: 2, seeds: [1, -1] },
      "copies: no seed (got -1, allowed whole numbers up to 4294967295).",
    ],
    ["a part that is not there", { count: 2, own: ["x", "typo"] }, 'no such part (got "typo", allowed "x", "y").'],
  ];
  it.each(faults)("%s", async (_, copies, message) => {
    const training = compile("cpu", {
      model: layers.linear(4, 3),
      loss: (model, { x, y }) => losses.crossEntropy(model(x), y),
      batch: { x: f32(2, 4), y: u32(2) },
      optimizer: adam(),
      copies,
    });
    await expect(training).rejects.toThrow(UsageError);
    await expect(training).rejects.toThrow(message);
  });
});

/** One row of an operation is as good as another. */
const rows = opTable.filter(({ name }, i) => {
  const op = (of: string) => of.split(" ")[0];
  return !name.startsWith("stackIds") && opTable.findIndex((row) => op(row.name) === op(name)) === i;
});

it.each(rows)("five copies take as many launches as two: $name", (row) => {
  const one = prepare(row);
  const labels = [2, 5].map((count) => {
    const { outputs, gradients } = copiesOf(one, Object.keys(row.leaves) as LeafName[], count);
    const requests = [...outputs, ...Object.values(gradients)].map((tensor) => ({ tensor }));
    return lower(requests, softwareDevice).launches.map(({ label }) => label);
  });
  expect(labels[1]).toEqual(labels[0]);
});
