/** Gradients of layers, by their input and all parameters, and of losses against central differences in float64. */
import { describe, expect, it } from "vitest";
import type { Tensor } from "../../src/graph/index.ts";
import { execute, float64, type Numbers } from "../../src/reference/index.ts";
import { differences, expectNear } from "../graph/differences.ts";
import { KEY } from "../graph/opRow.ts";
import { type Case, torchCases } from "../oracle/torchCases.ts";
import { takesAll } from "../support/spread.ts";

/** Of a leaf that has more elements than this, some are moved; all of them by `npm run test:all`. */
const most = 9;

describe.each(["layers", "losses"] as const)("%s", (kind) => {
  const smooth = torchCases[kind].filter(({ gradients }) => Object.keys(gradients).length > 0);

  it.each(smooth)("$name", (row) => {
    for (const [name, gradient] of Object.entries(row.gradients)) {
      const leaf = row.leaves.get(name) as Tensor;
      const numbers = row.numbers.get(leaf) as Numbers;
      const [found] = execute([gradient], (of) => row.numbers.get(of) ?? Uint32Array.of(KEY), float64) as [Numbers];
      expect(gradient.shape).toEqual(leaf.shape);
      const elements = someOf(numbers.length);
      const slopes = differences((moved) => lossAt(row, leaf, moved), numbers, elements);
      expectNear(
        elements.map((i) => found[i] as number),
        slopes,
        name,
      );
    }
  });
});

/** Σ output · weight, with other numbers for a leaf. */
function lossAt({ outputs, weights, numbers }: Case, leaf: Tensor, moved: Numbers): number {
  const leaves = (of: Tensor): Numbers => (of === leaf ? moved : (numbers.get(of) ?? Uint32Array.of(KEY)));
  const found = execute(outputs.slice(0, weights.length), leaves, float64);
  let loss = 0;
  for (const [i, weight] of weights.entries()) {
    const shares = numbers.get(weight) as Numbers;
    for (const [at, y] of (found[i] as Numbers).entries()) loss += y * (shares[at] as number);
  }
  return loss;
}

/** Evenly spread, with the first and the last among them. */
function someOf(length: number): number[] {
  if (takesAll || length <= most) return Array.from({ length }, (_, i) => i);
  return Array.from({ length: most }, (_, i) => Math.round((i * (length - 1)) / (most - 1)));
}
