import { expect, test } from "vitest";
import { exampleTasks } from "../../bench/tasks.ts";
import { expectCost } from "../costs/expectCost.ts";
import { taskCost } from "../costs/measure.ts";
import costs from "../costs.json";
import { sharedGpuTest } from "../support/gpuTest.ts";

sharedGpuTest.for(Object.entries(exampleTasks))(
  "a step of %s costs what is recorded",
  async ([name, task], { gpu }) => {
    expectCost(gpu, "tasks", name, await taskCost(gpu, task()));
  },
);

test("every task has its costs recorded, and no other", () => {
  expect(Object.keys(costs.tasks)).toEqual(Object.keys(exampleTasks));
});
