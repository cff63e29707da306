import { expect } from "vitest";
import { chooseMatmul, type MatmulTable } from "../../../src/engine/kernels/matmulChoice.ts";
import { matmulKernelNames } from "../../../src/engine/kernels/matmulKernels.ts";
import { deviceOf } from "../../../src/engine/lower/program.ts";
import { type MatmulClass, probeMatmul } from "../../../src/engine/matmulProbe.ts";
import { type Dispatch, type Gpu, timeDispatches } from "../../../src/gpu/index.ts";
import { learnedBefore, remember } from "../../../src/page/learned.ts";
import { productsFor } from "../../../src/page/products.ts";
import { sharedGpuTest } from "../../support/gpuTest.ts";

const few: MatmulClass = { maxRows: 4, shape: { batch: 1, rows: 4, columns: 32, inner: 32 } };
const others: MatmulClass = { minElements: 1000, shape: { batch: 1, rows: 40, columns: 40, inner: 32 } };
const classes = [few, others];

/** A timer for which a kernel takes as long as it is said to, and others 10 ms; it tells which kernels were timed. */
function fakeTimer(timesMs: Readonly<Record<string, number>>, otherMs = 10) {
  const timed: string[] = [];
  const time = async (_: Gpu, dispatches: readonly Dispatch[]) => {
    const name = dispatches[0]?.label.replace("engine/matmul ", "") ?? "";
    timed.push(name);
    return { timeMs: timesMs[name] ?? otherMs };
  };
  return { time, timed };
}

const kernelsOf = (table: MatmulTable) => table.map(({ kernel }) => kernel);

sharedGpuTest("the fastest kernel is taken, of equals the usual one and then the first", async ({ gpu }) => {
  const usual = classes.map(({ shape }) => chooseMatmul(shape, deviceOf(gpu)).kernel);
  const options = { classes, budgetMs: 1e6 };
  expect(kernelsOf(await probeMatmul(gpu, { ...options, ...fakeTimer({}) }))).toEqual(usual);
  const nearly = fakeTimer({ sharedTile32: 9.8 });
  expect(kernelsOf(await probeMatmul(gpu, { ...options, ...nearly }))).toEqual(usual);
  expect(new Set(nearly.timed)).toEqual(new Set(matmulKernelNames));
  const clear = fakeTimer({ sharedTile64: 5, sharedTile32: 5 });
  const table = await probeMatmul(gpu, { ...options, ...clear });
  expect(table).toEqual([
    { kernel: "sharedTile64", maxRows: 4 },
    { kernel: "sharedTile64", minWorkgroups: 1 },
  ]);
  expect(chooseMatmul(others.shape, deviceOf(gpu, table)).kernel).toBe("sharedTile64");
});

sharedGpuTest("when the time is up, nothing more is timed", async ({ gpu }) => {
  const usual = classes.map(({ shape }) => chooseMatmul(shape, deviceOf(gpu)).kernel);
  const slow = fakeTimer({}, 30);
  expect(kernelsOf(await probeMatmul(gpu, { classes, budgetMs: 50, ...slow }))).toEqual(usual);
  expect(slow.timed).toHaveLength(2);
});

sharedGpuTest("a table is remembered for the adapter, and nonsense is not", async ({ gpu }) => {
  const kept = new Map<string, string>();
  const memory = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, text: string) => void kept.set(key, text),
  };
  const first = fakeTimer({ sharedTile64: 5 });
  const table = await probeMatmul(gpu, { classes, budgetMs: 1e6, memory, ...first });
  const second = fakeTimer({});
  expect(await probeMatmul(gpu, { classes, budgetMs: 1e6, memory, ...second })).toEqual(table);
  expect(second.timed).toEqual([]);
  for (const key of kept.keys()) kept.set(key, '[{"kernel":"none"}]');
  await probeMatmul(gpu, { classes, budgetMs: 1e6, memory, ...second });
  expect(second.timed).not.toEqual([]);
});

sharedGpuTest("a kernel whose product is wrong is left out, however fast it is", async ({ gpu, onTestFinished }) => {
  const { kernels } = gpu;
  const get = kernels.get.bind(kernels);
  onTestFinished(() => {
    kernels.get = get;
  });
  let spoiled = 0;
  kernels.get = (source) => {
    if (!source.label.endsWith("sharedTile64")) return get(source);
    spoiled += 1;
    const parts = source.parts.map((part) => ({ ...part, code: part.code.replace("sum[3] +", "sum[2] +") }));
    return get({ ...source, parts });
  };
  const fast = fakeTimer({ sharedTile64: 1, sharedTile32: 5 });
  const table = await probeMatmul(gpu, { classes: [others], budgetMs: 1e6, ...fast });
  expect(spoiled).toBe(1);
  expect(kernelsOf(table)).toEqual(["sharedTile32"]);
});

sharedGpuTest("with the real timer, no kernel is taken that took longer than the usual one", async ({ gpu }) => {
  for (const each of classes) {
    const times = new Map<string, number>();
    const time: typeof timeDispatches = async (on, dispatches, rounds) => {
      const timing = await timeDispatches(on, dispatches, rounds);
      times.set(dispatches[0]?.label.replace("engine/matmul ", "") ?? "", timing.timeMs);
      return timing;
    };
    const [rule] = await probeMatmul(gpu, { classes: [each], budgetMs: 50, time });
    const usual = times.get(chooseMatmul(each.shape, deviceOf(gpu)).kernel) as number;
    expect([...times.values()].every((timeMs) => timeMs > 0)).toBe(true);
    expect(times.get(rule?.kernel as string)).toBeLessThanOrEqual(usual);
  }
});

sharedGpuTest(
  "the page takes what it remembers of a GPU, and the usual table on a software adapter",
  async ({ gpu }) => {
    const table = [{ kernel: "registerTile" }];
    remember({ "shrinkstep/test": JSON.stringify(table) });
    const text = learnedBefore()["shrinkstep/test"] as string;
    localStorage.removeItem("shrinkstep/test");
    // Whatever the GPU is called.
    const known = new Proxy({}, { get: () => text });
    const adapter = { ...gpu.adapter };
    const learned = (): never => {
      throw new Error("it was probed");
    };
    expect(await productsFor({ adapter: { ...adapter, isSoftware: true } } as Gpu, known, learned)).toBe(undefined);
    const hardware = { adapter: { ...adapter, isSoftware: false }, device: gpu.device, limits: gpu.limits } as Gpu;
    expect(await productsFor(hardware, known, learned)).toEqual(table);
  },
);
