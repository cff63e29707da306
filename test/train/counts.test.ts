// A step of training creates and allocates nothing. What it costs beside that is in test/costs.json.
import { expect } from "vitest";
import { type BatchTypes, f32, losses, type Model, u32 } from "../../src/engine/index.ts";
import { adam } from "../../src/optim/index.ts";
import { compile, type Fittable, fit, type Training, textDataset } from "../../src/train/index.ts";
import { gpt, perceptron } from "../../src/train/tasks/index.ts";
import { countObjects } from "../support/countObjects.ts";
import { sharedGpuTest } from "../support/gpuTest.ts";
import { takesAll } from "../support/spread.ts";

const numbers = (length: number) => Float32Array.from({ length }, (_, i) => (i % 7) / 7);
const classes = (length: number, of: number) => Uint32Array.from({ length }, (_, i) => i % of);
const alphabet = textDataset(Array.from({ length: 75 * 40 }, (_, i) => String.fromCharCode(33 + (i % 75))).join(""));

const many = takesAll ? 10_000 : 100;

sharedGpuTest(
  `${many} steps create nothing but their encoders and allocate nothing`,
  { timeout: 600_000 },
  async ({ gpu }) => {
    const small = await compile(gpu, {
      model: perceptron([64, 32, 32, 10]),
      loss: (model, { x, y }) => losses.crossEntropy(model(x), y),
      batch: { x: f32(32, 64), y: u32(32) },
      optimizer: adam(),
      submitBudget: Number.POSITIVE_INFINITY,
    });
    const batch = { x: numbers(32 * 64), y: classes(32, 10) };
    await expectSteady(small, () => batch);

    const task = gpt(alphabet, { batch: 2, width: 16, layers: 1, heads: 2, context: 8, steps: many + 5 });
    await expectSteady(await compile(gpu, { ...task, submitBudget: Number.POSITIVE_INFINITY }), task.batchAt);

    type Steady<B> = Fittable<B> & Pick<Training<Model, BatchTypes>, "counts" | "destroy">;
    async function expectSteady<B>(training: Steady<B>, of: (step: number) => B) {
      await fit(training, { steps: 5, batch: of });
      const before = { ...gpu.stream.counts };
      const stats = gpu.pool.stats;
      const { created, stop } = countObjects(gpu.device);
      await fit(training, { steps: many + 5, batch: of });
      stop();
      expect(created).toEqual({ createCommandEncoder: many });
      expect(gpu.pool.stats).toEqual(stats);
      const used = Object.entries(gpu.stream.counts).map(([name, count]) => [name, count - before[name as "writes"]]);
      // A write for the batch and one for the optimizer's scalars; a copy of the loss.
      const { dispatches } = training.counts;
      expect(Object.fromEntries(used)).toEqual({
        dispatches: many * dispatches,
        submits: many,
        copies: many,
        writes: 2 * many,
      });
      training.destroy();
    }
  },
);
