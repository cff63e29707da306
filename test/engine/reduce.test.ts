import { afterAll, beforeAll, expect, test } from "vitest";
import { type Gpu, openGpu, readFloats } from "../../src/gpu/index.ts";
import { sumOfSquares } from "../../src/optim/sumOfSquares.ts";
import { Bench, signed } from "./support.ts";

let gpu: Gpu;
/** A device that binds 64 KiB at once, and whose grids fold after seven workgroups. */
let small: Gpu;

beforeAll(async () => {
  gpu = await openGpu();
  small = await openGpu({ limits: { maxComputeWorkgroupsPerDimension: 7, maxStorageBufferBindingSize: 65_536 } });
});
afterAll(() => {
  for (const each of [gpu, small]) each.destroy();
});

async function measure(on: Gpu, parts: readonly Float32Array<ArrayBuffer>[]) {
  const bench = new Bench(on);
  const sum = await sumOfSquares(
    on,
    parts.map((part) => bench.upload(part)),
  );
  bench.run(...sum.dispatches);
  const [result] = await readFloats(on, sum.result);
  on.check();
  sum.destroy();
  bench.workspace.destroy();
  return { result: result as number, dispatches: sum.dispatches.length };
}

const exact = (parts: readonly Float32Array[]): number =>
  parts.reduce((sum, part) => sum + part.reduce((of, value) => of + value * value, 0), 0);

// 8,192 elements are one workgroup's.
test.each([1, 3, 4, 5, 63, 64, 255, 256, 257, 8191, 8192, 8193, 118_282, 1_000_003])("%d elements", async (count) => {
  const values = [signed(count, 5)];
  const { result, dispatches } = await measure(gpu, values);
  // Each element is squared, and added to some 32 others in a lane, 6 levels of a tree and the second level's like.
  expect(Math.abs(result / exact(values) - 1)).toBeLessThan(80 * 2 ** -24);
  expect(dispatches).toBe(2);
});

test("several slices, some larger than a binding may be", async () => {
  const parts = [10, 16_384, 50_001].map((count, i) => signed(count, i));
  const { result, dispatches } = await measure(small, parts);
  expect(Math.abs(result / exact(parts) - 1)).toBeLessThan(80 * 2 ** -24);
  expect(dispatches).toBe(1 + 1 + 4 + 1);
});

test("the bits do not depend on the device's limits, nor on the run", async () => {
  const values = [signed(400_000, 6)];
  const { result } = await measure(gpu, values);
  expect((await measure(gpu, values)).result).toBe(result);
  expect((await measure(small, values)).result).toBe(result);
});
