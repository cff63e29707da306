/** The same seed gives the same bits, and another seed others: here on sizes that other tests have kernels for. */
import { expect } from "vitest";
import type { BatchTypes, Model } from "../../src/engine/index.ts";
import type { Gpu } from "../../src/gpu/index.ts";
import { adamw, sgd } from "../../src/optim/index.ts";
import { type CompileOptions, compile } from "../../src/train/index.ts";
import { lossOf, trajectories } from "../oracle/trajectories.ts";
import { sharedGpuTest } from "../support/gpuTest.ts";
import { batchAt, loss, moody, types } from "./runs.ts";

type Settings = Omit<CompileOptions<Model, BatchTypes>, "seed">;
type Batch = Readonly<Record<string, ArrayLike<number>>>;

const models: readonly (readonly [name: string, make: () => Settings, batchAt: (step: number) => Batch])[] = [
  ...trajectories
    .filter(({ name }) => name !== "mlp") // test/train/tasks.test.ts
    .map(({ name, model, batch, batchAt }) => {
      const make = () => ({ model: model(), loss: lossOf as Settings["loss"], batch, optimizer: adamw({ lr: 3e-3 }) });
      return [name, make, batchAt] as const;
    }),
  [
    "a model with dropout and norms, in copies",
    () => {
      const optimizer = sgd({ lr: 0.1, momentum: 0.9 });
      return { model: moody(), loss: loss as Settings["loss"], batch: types, optimizer, copies: { count: 3 } };
    },
    batchAt,
  ],
];

sharedGpuTest.for(models)("$0: the same seed, the same bits", async ([, make, batchOf], { gpu }) => {
  const first = await weightsAfter(gpu, { ...make(), seed: 1 }, batchOf);
  expect(await weightsAfter(gpu, { ...make(), seed: 1 }, batchOf)).toEqual(first);
  const other = await weightsAfter(gpu, { ...make(), seed: 2 }, batchOf);
  for (const [name, { data }] of other) {
    if (name.endsWith(".weight") && data.length > 100) expect(data, name).not.toEqual(first.get(name)?.data);
  }
});

async function weightsAfter(gpu: Gpu, options: CompileOptions<Model, BatchTypes>, batchOf: (step: number) => Batch) {
  const training = await compile(gpu, options);
  try {
    for (let step = 0; step < 4; step++) await training.step(batchOf(step));
    return await training.readWeights();
  } finally {
    training.destroy();
  }
}
