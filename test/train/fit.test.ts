import { afterAll, beforeAll, expect, test } from "vitest";
import { f32, layers, losses, model, u32 } from "../../src/engine/index.ts";
import { type Gpu, openGpu } from "../../src/gpu/index.ts";
import type { Tensor } from "../../src/graph/index.ts";
import { adamw, type UpdateRule } from "../../src/optim/index.ts";
import { compile, fit, type Progress } from "../../src/train/index.ts";
import { signed } from "../engine/support.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu.destroy());

const [rows, features, classes] = [8, 12, 4];
const batch = (step: number) => ({
  x: signed(rows * features, step),
  y: Uint32Array.from({ length: rows }, (_, row) => (row + step) % classes),
});

async function using<T>(
  use: (training: Awaited<ReturnType<typeof make>>) => Promise<T>,
  { optimizer = adamw({ lr: 0.01 }) as UpdateRule, microBatches = 1, on = gpu } = {},
): Promise<T> {
  const training = await make(on, optimizer, microBatches);
  try {
    return await use(training);
  } finally {
    training.destroy();
    on.check();
  }
}

function make(on: Gpu, optimizer: UpdateRule, microBatches: number) {
  return compile(on, {
    model: model(
      { hidden: layers.linear(features, 8), head: layers.linear(8, classes) },
      ({ hidden, head }, x: Tensor) => head(layers.relu()(hidden(x))),
    ),
    loss: (model, { x, y }) => losses.crossEntropy(model(x), y),
    batch: { x: f32(rows, features), y: u32(rows) },
    optimizer,
    options: { gradients: { microBatches } },
  });
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

test("every step is told of once and in order, with its loss and the pace", () =>
  using(async (training) => {
    const told: Progress[] = [];
    const batches: number[] = [];
    const given = (step: number) => {
      batches.push(step);
      return batch(step);
    };
    await fit(training, { steps: 20, batch: given, onProgress: (progress) => told.push(progress) });
    expect(batches).toEqual(upTo(20).map((step) => step - 1));
    expect(told.map(({ step }) => step)).toEqual(upTo(20));
    for (const { step, steps, metrics, stepsPerSecond, evaluation } of told) {
      expect([steps, metrics.step, evaluation]).toEqual([20, step, undefined]);
      expect(metrics.loss).toBeGreaterThan(0);
      expect(stepsPerSecond).toBeGreaterThan(0);
    }
    // Before the first update the model knows nothing.
    expect(Math.abs((told[0] as Progress).metrics.loss - Math.log(classes))).toBeLessThan(0.5);
    expect([training.batchCount, training.stepCount]).toEqual([20, 20]);
  }));

test("no more than a few steps are under way, and other tasks of the page run between two", () =>
  using(async (training) => {
    let [most, tasks] = [0, 0];
    let told = 0;
    const timer = setInterval(() => void tasks++, 0);
    const given = (step: number) => {
      most = Math.max(most, step - told);
      return batch(step);
    };
    await fit(training, { steps: 60, batch: given, onProgress: ({ step }) => void (told = step) });
    clearInterval(timer);
    expect(most).toBeLessThanOrEqual(3);
    expect(tasks).toBeGreaterThan(0);
  }));

test("evaluates every so often and after the last step, while training waits", () =>
  using(async (training) => {
    const counts: number[] = [];
    const told: [number, number | undefined][] = [];
    await fit(training, {
      steps: 11,
      batch,
      evaluate: {
        every: 4,
        run: async () => {
          counts.push(training.batchCount);
          await new Promise((resolve) => setTimeout(resolve, 20));
          return training.batchCount;
        },
      },
      onProgress: ({ step, evaluation }) => told.push([step, evaluation]),
    });
    expect(counts).toEqual([4, 8, 11]);
    expect(told).toEqual(upTo(11).map((step) => [step, counts.includes(step) ? step : undefined]));
  }));

test("a run that is stopped and goes on ends with the bits of one that was not stopped", async () => {
  const whole = await using(async (training) => {
    await fit(training, { steps: 28, batch });
    return training.readWeights();
  });
  await using(async (training) => {
    const told: number[] = [];
    while (training.batchCount < 28) {
      const stop = new AbortController();
      const onProgress = ({ step }: Progress): void => {
        told.push(step);
        if (step % 5 === 0) stop.abort();
      };
      await fit(training, { steps: 28, batch, signal: stop.signal, onProgress });
    }
    expect(told).toEqual(upTo(28));
    expect(await training.readWeights()).toEqual(whole);
  });
});

test("a signal that has come already takes no step", () =>
  using(async (training) => {
    await fit(training, { steps: 5, batch, signal: AbortSignal.abort() });
    expect(training.batchCount).toBe(0);
  }));

test("micro-batches are steps, and updates come after each few of them", () =>
  using(
    async (training) => {
      const told: number[] = [];
      await fit(training, { steps: 10, batch, onProgress: ({ step }) => told.push(step) });
      expect(told).toEqual(upTo(10));
      expect(training.stepCount).toBe(3);
    },
    { microBatches: 3 },
  ));

test("steps that nobody waits for are no part of it", () =>
  using(async (training) => {
    for (let step = 0; step < 60; step++) void training.step(batch(step));
    const told: number[] = [];
    await fit(training, { steps: 61, batch, onProgress: ({ step }) => told.push(step) });
    expect(training.batchCount).toBe(61);
    expect(told).toEqual([61]);
  }));

test("it runs once at a time", () =>
  using(async (training) => {
    const first = fit(training, { steps: 3, batch });
    await expect(fit(training, { steps: 3, batch })).rejects.toThrow("fit: it is running already.");
    await first;
    expect(training.batchCount).toBe(3);
  }));

test.each<[string, (fail: () => never) => object]>([
  ["listener", (fail) => ({ onProgress: ({ step }: Progress) => step === 4 && fail() })],
  ["batches", (fail) => ({ batch: (step: number) => (step === 4 ? fail() : batch(step)) })],
  ["evaluation", (fail) => ({ evaluate: { every: 4, run: async () => fail() } })],
])("an error of the %s ends it, and it can go on", (_, wrong) =>
  using(async (training) => {
    const fail = (): never => {
      throw new Error("somebody's own");
    };
    await expect(fit(training, { steps: 20, batch, ...wrong(fail) })).rejects.toThrow("somebody's own");
    expect(training.batchCount).toBeLessThan(10);
    await fit(training, { steps: 20, batch });
    expect(training.batchCount).toBe(20);
  }),
);

test("a device that is lost ends it with an error", async () => {
  const own = await openGpu();
  const training = await make(own, adamw(), 1);
  const onProgress = ({ step }: Progress): void => {
    if (step === 5) own.device.destroy();
  };
  await expect(fit(training, { steps: 1_000, batch, onProgress })).rejects.toThrow("device: it was destroyed");
  await expect(fit(training, { steps: 1_000, batch })).rejects.toThrow("device: it was destroyed");
});

test("a schedule that goes wrong on the way ends it before its step, with nothing encoded", () =>
  using(
    async (training) => {
      const before = { ...gpu.stream.counts };
      await expect(fit(training, { steps: 20, batch })).rejects.toThrow("adamw: lr must be a finite number >= 0");
      expect(training.batchCount).toBe(6);
      const perStep = training.counts.dispatches;
      expect(gpu.stream.counts.writes - before.writes).toBe(12);
      expect(gpu.stream.counts.dispatches - before.dispatches).toBe(6 * perStep);
    },
    { optimizer: adamw({ lr: (t) => (t < 7 ? 1e-3 : Number.NaN) }) },
  ));

test.each([
  [{ steps: 1.5 }, "fit: steps is no whole number in range (got 1.5,"],
  [{ steps: -1 }, "fit: steps is no whole number in range (got -1,"],
  [{ evaluate: { every: 0, run: async () => {} } }, "fit: evaluate.every is no whole number in range (got 0,"],
])("%j is refused", (wrong, message) =>
  using(async (training) => {
    await expect(fit(training, { steps: 3, batch, ...wrong })).rejects.toThrow(message);
    expect(training.batchCount).toBe(0);
  }),
);
