/** Training on the GPU against the executor, and against what PyTorch did: see test/oracle/trajectories.ts. */
import { expect } from "vitest";
import type { Gpu } from "../../src/gpu/index.ts";
import * as optim from "../../src/optim/index.ts";
import { float32, type Profile } from "../../src/reference/index.ts";
import { compile } from "../../src/train/training.ts";
import { apart, float32Gate, isWithin, type Run, torchRun } from "../oracle/apart.ts";
import { trainOnCpu } from "../oracle/trainOnCpu.ts";
import {
  lossOf,
  startOf,
  type Trajectory,
  trajectories,
  trajectoryFixtures,
  trajectorySteps,
} from "../oracle/trajectories.ts";
import { gpuTest, sharedGpuTest } from "../support/gpuTest.ts";
import { takesAll } from "../support/spread.ts";

const rules = { adam: optim.adam, sgd: optim.sgd, adamw: optim.adamw };
const profiles = ["torch", "accurate"] as const;
const each = trajectories.flatMap((run) => profiles.map((profile) => ({ ...run, profile })));

sharedGpuTest.for(each)(
  "$name, $profile: the losses and weights are the executor's, and PyTorch's",
  async (run, { gpu }) => {
    const found = await trainOnGpu(gpu, run, run.profile);
    const fromCpu = apart(found, trainOnCpu(run, float32, run.profile));
    const fromTorch = apart(found, torchRun(trajectoryFixtures.runs[run.name], "float32"));
    expect(isWithin(fromCpu, float32Gate), JSON.stringify(fromCpu)).toBe(true);
    expect(isWithin(fromTorch, float32Gate), JSON.stringify(fromTorch)).toBe(true);
  },
);

/**
 * By the kernels of a GPU: attention by tiles, rows by teams and subgroups, matrices by workgroup memory and in splits. They
 * are slow here, so they are left to `npm run test:all`; ops.test.ts has some of them always.
 */
gpuTest.for(takesAll ? trajectories : [])("$name: by the kernels for real GPUs too", async (run, { gpu }) => {
  Object.assign(gpu.adapter, { isSoftware: false });
  const found = apart(await trainOnGpu(gpu, run, "accurate"), trainOnCpu(run, float32, "accurate"));
  expect(isWithin(found, float32Gate), JSON.stringify(found)).toBe(true);
});

async function trainOnGpu(
  gpu: Gpu,
  { model: make, batch, rule, hyper, batchAt }: Trajectory,
  profile: Profile,
): Promise<Run> {
  const model = make();
  const losses: number[] = [];
  const training = await compile(gpu, {
    model,
    loss: lossOf,
    batch,
    optimizer: rules[rule]({ ...hyper, profile }),
    onStep: ({ step, loss }) => {
      losses[step - 1] = loss;
    },
  });
  try {
    training.weights.load(new Map(startOf(model).map(({ name, leaf: { shape }, data }) => [name, { shape, data }])));
    for (let step = 0; step < trajectorySteps; step++) await training.step(batchAt(step));
    await training.settled();
    const weights = new Map([...(await training.readWeights())].map(([name, { data }]) => [name, data]));
    return { losses, weights };
  } finally {
    training.destroy();
  }
}
