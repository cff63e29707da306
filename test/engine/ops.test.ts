import { expect } from "vitest";
import type { Launch } from "../../src/engine/launch.ts";
import { lower } from "../../src/engine/lower/lower.ts";
import { deviceOf } from "../../src/engine/lower/program.ts";
import type { Gpu } from "../../src/gpu/index.ts";
import type { Tensor } from "../../src/graph/index.ts";
import { execute, float32, float64, type Numbers } from "../../src/reference/index.ts";
import { type Gate, KEY, type OpRow } from "../graph/opRow.ts";
import { opTable } from "../graph/opTable.ts";
import { prepare } from "../graph/runRow.ts";
import { layerCase, layerRows } from "../oracle/layerRows.ts";
import { lossRows } from "../oracle/lossRows.ts";
import { sharedGpuTest } from "../support/gpuTest.ts";
import { spread, takesAll } from "../support/spread.ts";
import { excess, flushed, isSpecial } from "./elementwise.ts";
import { runGraph } from "./runGraph.ts";

/**
 * Of rows that have no gate of their own: how far an element may be from the float64 result, in units of 2^-24 of the largest
 * number of its tensor. They are sums of a few dozen products of numbers of one size in another order than the reference's.
 */
const allowed = 64;
/** What WGSL allows a device beside IEEE's rounding: two divisions that are each off by 2.5 units in the last place. */
const onOtherDevices = 10;

/** What is computed, of which numbers, and how near the GPU comes. */
interface Subject {
  readonly name: string;
  readonly make: () => Made;
  readonly gate?: Gate | undefined;
}
interface Made {
  readonly outputs: readonly Tensor[];
  readonly gradients: readonly Tensor[];
  readonly leaf: (leaf: Tensor) => Numbers;
}

const subjectOf = (row: OpRow): Subject => ({
  name: row.name,
  gate: row.gate,
  make: () => {
    const { outputs, gradients, numbers } = prepare(row);
    const leaf = ({ node: { operation } }: Tensor): Numbers =>
      operation.op === "input" ? (numbers[operation.name] as Numbers) : Uint32Array.of(KEY);
    return { outputs, gradients: Object.values(gradients), leaf };
  },
});

/** Layers of which nothing else says what they are on the GPU; the others are left to `npm run test:all`. */
const composed = ["conv2d in groups", "batchNorm of rows", "batchNorm of images", "batchNorm in evaluation"];
const layers = layerRows
  .filter(({ name }) => takesAll || composed.includes(name))
  .map((row): Subject => {
    const make = (): Made => {
      const { outputs, gradients, numbers } = layerCase(row);
      return {
        outputs,
        gradients: Object.values(gradients),
        leaf: (leaf) => numbers.get(leaf) ?? Uint32Array.of(KEY),
      };
    };
    return { name: `the layer ${row.name}`, make };
  });
const operations = opTable.map(subjectOf);
const losses = lossRows.map((row) => ({ ...subjectOf(row), name: `the loss ${row.name}` }));

/** Those that are also done as on a GPU. */
const onHardware = new Set([...spread(operations, 15), ...spread([...losses, ...layers], 3)]);

sharedGpuTest.for([...operations, ...layers, ...losses])("$name", async (subject, { gpu }) => {
  const { outputs, gradients, leaf } = subject.make();
  const wanted = [...outputs, ...gradients];
  const own = deviceOf(gpu);
  const { results, launches } = await runGraph(gpu, wanted, leaf as never);
  const exact = execute(wanted, leaf, float64);
  const single = execute(wanted, leaf, float32);
  const check = (found: readonly Numbers[], by: string): void => {
    for (const [i, tensor] of wanted.entries()) {
      const what = `${tensor.node.operation.op} ${i} ${by}`;
      const numbers = found[i] as Numbers;
      expect(numbers.length, what).toBe(exact[i]?.length);
      const off = subject.gate
        ? offEach(gpu, numbers, single[i] as Numbers, subject.gate, i >= outputs.length)
        : offInAll(gpu, numbers, exact[i] as Numbers, single[i] as Numbers);
      expect(off.by, `${what}${off.what}`).toBeLessThanOrEqual(1);
    }
  };
  check(results, "by its own kernels");

  if (!onHardware.has(subject)) return;
  // What a GPU does in another way, this adapter can do as well.
  const hardware = { ...own, isSoftware: false };
  const requests = wanted.map((tensor) => ({ tensor }));
  if (textOf(lower(requests, hardware).launches) === textOf(launches)) return;
  check((await runGraph(gpu, wanted, leaf as never, hardware)).results, "by a GPU's kernels");
});

const textOf = (launches: readonly Launch[]): string =>
  JSON.stringify(launches.map(({ parts, constants }) => [parts, constants]));

/** How far off the worst element is, where 1 is what is allowed. */
interface Off {
  readonly by: number;
  readonly what: string;
}

/** Each element from the float32 executor's. */
function offEach(gpu: Gpu, found: Numbers, single: Numbers, gate: Gate, isGradient: boolean): Off {
  const { units, beside = 0, besideGradient = 1 } = gate;
  const share = (units + (gpu.adapter.isSoftware ? 0 : onOtherDevices)) * 2 ** -24;
  const floor = isGradient ? besideGradient : beside;
  return worstOf(gpu, found, single, single, (wanted) => share * (Math.abs(wanted) + floor) + flushed);
}

/** All by the largest of them. */
function offInAll(gpu: Gpu, found: Numbers, exact: Numbers, single: Numbers): Off {
  const largest = Array.from(exact).reduce(
    (most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most),
    2 ** -100,
  );
  return worstOf(gpu, found, exact, single, () => allowed * largest * 2 ** -24);
}

function worstOf(
  gpu: Gpu,
  found: Numbers,
  expected: Numbers,
  single: Numbers,
  allowedOf: (expected: number) => number,
): Off {
  let worst: Off = { by: 0, what: "" };
  for (let i = 0; i < expected.length; i++) {
    const [got, wanted] = [found[i] as number, expected[i] as number];
    if (isSpecial(gpu, got, single[i] as number)) continue;
    const by = excess(got, wanted, allowedOf(wanted));
    if (by > worst.by) worst = { by, what: `, element ${i}: got ${got}, expected ${wanted}` };
  }
  return worst;
}
