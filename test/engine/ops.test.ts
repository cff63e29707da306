import { expect } from "vitest";
import type { Launch } from "../../src/engine/launch.ts";
import { lower } from "../../src/engine/lower/lower.ts";
import { deviceOf } from "../../src/engine/lower/program.ts";
import type { Tensor } from "../../src/graph/index.ts";
import { float32, float64, type Numbers } from "../../src/reference/index.ts";
import { KEY } from "../graph/opRow.ts";
import { opTable } from "../graph/opTable.ts";
import { compute, prepare } from "../graph/runRow.ts";
import { sharedGpuTest } from "../support/gpuTest.ts";
import { spread } from "../support/spread.ts";
import { runGraph } from "./runGraph.ts";

/**
 * How far an element may be from the float64 result, in units of 2^-24 of the largest number of its tensor: sums of a few
 * hundred products in another order than the reference's, and functions that are a few units in the last place off.
 */
const allowed = 64;

/** Rows that are also done as on a GPU. */
const onHardware = new Set(spread(opTable, 15));

sharedGpuTest.for(opTable)("$name", async (row, { gpu }) => {
  const { outputs, gradients, numbers } = prepare(row);
  const wanted = [...outputs, ...Object.values(gradients)];
  const leaf = ({ node: { operation } }: Tensor) =>
    (operation.op === "input" ? numbers[operation.name] : Uint32Array.of(KEY)) as never;
  const own = deviceOf(gpu);
  const { results, launches } = await runGraph(gpu, wanted, leaf);
  const exact = compute(wanted, numbers, float64);
  const single = compute(wanted, numbers, float32);
  const check = (found: readonly Numbers[], by: string): void => {
    for (const [i, tensor] of wanted.entries()) {
      const what = `${tensor.node.operation.op} ${i} ${by}`;
      expect(found[i]?.length, what).toBe(exact[i]?.length);
      expect(worst(found[i] as Numbers, exact[i] as Numbers, single[i] as Numbers), what).toBeLessThanOrEqual(allowed);
    }
  };
  check(results, "by its own kernels");

  if (!onHardware.has(row)) return;
  // What a GPU does in another way, this adapter can do as well.
  const hardware = { ...own, isSoftware: false };
  const requests = wanted.map((tensor) => ({ tensor }));
  if (textOf(lower(requests, hardware).launches) === textOf(launches)) return;
  check((await runGraph(gpu, wanted, leaf, hardware)).results, "by a GPU's kernels");
});

const textOf = (launches: readonly Launch[]): string =>
  JSON.stringify(launches.map(({ parts, constants }) => [parts, constants]));

/** The largest error, where the float32 reference is finite. */
function worst(actual: Numbers, exact: Numbers, single: Numbers): number {
  const finite = Array.from(exact, (value, i) => (Number.isFinite(single[i]) ? Math.abs(value) : 0));
  const largest = finite.reduce((most, value) => Math.max(most, value), 2 ** -100);
  let error = 0;
  for (let i = 0; i < exact.length; i++) {
    if (!Number.isFinite(single[i])) continue;
    const here = Math.abs((actual[i] as number) - (exact[i] as number)) / (largest * 2 ** -24);
    error = here > error || Number.isNaN(here) ? here : error;
  }
  return error;
}
