import { afterAll, beforeAll, expect, test } from "vitest";
import { fitInWorker, type Progress } from "../../src/train/index.ts";
import type { Request } from "./fitWorker.ts";

let worker: Worker;
beforeAll(() => {
  worker = new Worker(new URL("./fitWorker.ts", import.meta.url), { type: "module" });
});
afterAll(() => worker.terminate());

const weightsAfter = (request: Request, options: Parameters<typeof fitInWorker<number>>[2] = {}) =>
  fitInWorker<number>(worker, request, options);

test("a worker trains, tells of each step and of what it evaluates, and sends the weights", async () => {
  const told: Progress<number>[] = [];
  const weights = await weightsAfter({ steps: 10, lr: 0.05 }, { onProgress: (progress) => told.push(progress) });
  expect(told.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(told.map(({ evaluation }) => evaluation).filter((found) => found !== undefined)).toEqual([4, 8, 10]);
  expect((told[9] as Progress<number>).metrics.loss).toBeLessThan((told[0] as Progress<number>).metrics.loss);
  expect([...weights.keys()]).toEqual(["0.weight", "0.bias", "2.weight", "2.bias"]);
  expect(weights.get("0.weight")?.data).toHaveLength(32);
});

test("a signal ends it early, and one that has come already takes no step", async () => {
  const stop = new AbortController();
  const told: number[] = [];
  const onProgress = ({ step }: Progress<number>): void => {
    told.push(step);
    if (step === 5) stop.abort();
  };
  await weightsAfter({ steps: 100_000, lr: 0.05 }, { signal: stop.signal, onProgress });
  expect(told.length).toBeGreaterThanOrEqual(5);
  const [first, none] = await Promise.all([
    weightsAfter({ steps: 0, lr: 0.05 }),
    weightsAfter({ steps: 3, lr: 0.05 }, { signal: AbortSignal.abort() }),
  ]);
  expect(none).toEqual(first);
});

test("what goes wrong there or here ends it with its error", async () => {
  await expect(weightsAfter({ steps: 1.5, lr: 0.05 })).rejects.toMatchObject({
    name: "UsageError",
    message: expect.stringContaining("fit: steps is no whole number in range (got 1.5"),
  });
  const onProgress = (): never => {
    throw new TypeError("somebody's own");
  };
  await expect(weightsAfter({ steps: 100_000, lr: 0.05 }, { onProgress })).rejects.toThrow("somebody's own");
  const gone = new Worker(new URL("./nowhere.js", location.href), { type: "module" });
  await expect(fitInWorker(gone, {})).rejects.toThrow("worker: it ended with an error");
  gone.terminate();
});
