/** The shipped tasks on the GPU against what PyTorch did, and against the executor: see test/oracle/taskRuns.ts. */
import { expect } from "vitest";
import type { Gpu } from "../../src/gpu/index.ts";
import { compile, fit } from "../../src/train/index.ts";
import type { Run } from "../oracle/apart.ts";
import { isTaskWithin, sampledTask, taskApart, taskGate, torchTaskRun } from "../oracle/taskApart.ts";
import { shippedTasks, type TaskRow, taskRows, taskRunFixtures } from "../oracle/taskRuns.ts";
import { sharedGpuTest } from "../support/gpuTest.ts";
import { takesAll } from "../support/spread.ts";

const patient = { timeout: 600_000 };

const tasks = shippedTasks(async (file) => {
  const found = await fetch(new URL(`../../data/${file}`, import.meta.url));
  return new Uint8Array(await found.arrayBuffer());
});

const titled = (rows: readonly TaskRow[]) => rows.map((row) => [row.name, row.steps, row] as const);

/** But for the long run of the cnn and the gpt, seconds. */
const againstTorch = taskRows.filter(({ name, steps }) => takesAll || name === "mlp" || steps === 15);

sharedGpuTest.for(titled(againstTorch))("%s, the first %i steps are PyTorch's", patient, async ([, , row], { gpu }) => {
  const found = sampledTask(await trained(gpu, row));
  const fromTorch = taskApart(found, torchTaskRun(taskRunFixtures, row, "float32"));
  expect(isTaskWithin(fromTorch, taskGate(row, "float32")), JSON.stringify(fromTorch)).toBe(true);
});

/** The executor takes two minutes for the mlp and the cnn, and six seconds for a step of the gpt. */
const againstExecutor = taskRows.filter(({ steps }) => takesAll && steps === 30);

sharedGpuTest.for(titled(againstExecutor))(
  "%s, the first %i steps are the executor's",
  patient,
  async ([, , row], { gpu }) => {
    const found = sampledTask(await trained(gpu, row));
    const fromCpu = taskApart(found, sampledTask(await trained("cpu", row)));
    expect(isTaskWithin(fromCpu, taskGate(row, "float32")), JSON.stringify(fromCpu)).toBe(true);
  },
);

/** `fit` lets the page answer between two steps. */
async function trained(on: Gpu | "cpu", { name, steps }: TaskRow): Promise<Run> {
  const { [name]: make } = await tasks;
  const task = make();
  const losses: number[] = [];
  const training = await compile(on, task);
  try {
    await fit(training, { steps, batch: task.batchAt, onProgress: ({ metrics }) => losses.push(metrics.loss) });
    return { losses, weights: new Map([...(await training.readWeights())].map(([of, { data }]) => [of, data])) };
  } finally {
    training.destroy();
  }
}
