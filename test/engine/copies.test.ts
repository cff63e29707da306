/** What copies have kernels of their own for: on the GPU as by the executor. */
import { expect } from "vitest";
import { execute, float64, type Numbers } from "../../src/reference/index.ts";
import { copiesOf } from "../graph/copiesOf.ts";
import type { LeafName } from "../graph/opRow.ts";
import { opTable } from "../graph/opTable.ts";
import { prepare } from "../graph/runRow.ts";
import { sharedGpuTest } from "../support/gpuTest.ts";
import { runGraph } from "./runGraph.ts";

const rows: readonly (readonly [name: string, copied: readonly LeafName[]])[] = [
  ["dropout", ["x"]], // Four neighbours may be of two copies.
  ["rmsNorm of [2,3,8]", ["x", "weight"]],
  ["layerNorm of [3,5]", ["weight", "bias"]],
  ["gather with ids that are none", ["table"]],
  ["gather from [3,5] by [2,3]", ["table", "ids"]],
];

sharedGpuTest.for(rows)("copies of %s, of %s", async ([name, copied], { gpu }) => {
  const row = opTable.find((each) => each.name === name) as (typeof opTable)[number];
  const { outputs, gradients, leaf } = copiesOf(prepare(row), copied, 3);
  const wanted = [...outputs, ...Object.values(gradients)];
  const { results } = await runGraph(gpu, wanted, (tensor) => leaf(tensor) as never);
  for (const [i, exact] of execute(wanted, leaf, float64).entries()) {
    const largest = Math.max(...exact.map(Math.abs), 2 ** -100);
    // As test/engine/ops.test.ts.
    const error = Math.max(...(results[i] as Numbers).map((value, at) => Math.abs(value - (exact[at] as number))));
    expect(error / (largest * 2 ** -24), `result ${i}`).toBeLessThanOrEqual(64);
  }
});
