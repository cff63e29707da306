import { expect, test } from "vitest";
import { type BenchTask, exampleTasks } from "../../bench/tasks.ts";
import { hardwareTable } from "../../src/engine/kernels/matmulChoice.ts";
import { expectCost } from "../costs/expectCost.ts";
import { type TaskCost, taskCost } from "../costs/measure.ts";
import costs from "../costs.json";
import { sharedGpuTest } from "../support/gpuTest.ts";
import { takesAll } from "../support/spread.ts";

sharedGpuTest.for(Object.entries(exampleTasks))(
  "a step of %s costs what is recorded",
  async ([name, task], { gpu }) => {
    expectCost(gpu, "tasks", name, await taskCost(gpu, task()));
  },
);

/** What a step of each may take at most; bytes, of all buffers alive, in parameters of 4 bytes. */
const bars = [
  ["mlp 784-512-512-10, batch 128, Adam", { dispatches: 12, submits: 1, liveBytes: 5 }],
  ["npm start -- --task gpt", { dispatches: 120, submits: 1, liveBytes: 25 }],
] as const;

test.each(bars)("what is recorded of %s is at most %j", (name, bar) => expectBar(costs.tasks[name], bar));

sharedGpuTest.for(takesAll ? bars : [])(
  "a step of %s takes at most %j by a GPU's products too",
  async ([name, bar], { gpu }) => {
    const task = (exampleTasks[name] as () => BenchTask)();
    expectBar(await taskCost(gpu, task, { matmulTable: hardwareTable }), bar);
  },
);

function expectBar(found: TaskCost, { dispatches, submits, liveBytes }: (typeof bars)[number][1]): void {
  expect(found.dispatches).toBeLessThanOrEqual(dispatches);
  expect(found.submits).toBe(submits);
  expect(found.liveBytes).toBeLessThan(liveBytes * found.parameterBytes);
}

test("every task has its costs recorded, and no other", () => {
  expect(Object.keys(costs.tasks)).toEqual(Object.keys(exampleTasks));
});
