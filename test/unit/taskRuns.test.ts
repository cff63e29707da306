/** The executor and the reference of AdamW on the shipped tasks, against what PyTorch did: see test/oracle/taskRuns.ts. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { float32, float64 } from "../../src/reference/index.ts";
import { sharesApart } from "../oracle/apart.ts";
import { isTaskWithin, sampledTask, taskApart, taskGate, taskGates, torchTaskRun } from "../oracle/taskApart.ts";
import { shippedTasks, type TaskRow, taskRows, taskRunFixtures, traineeOf } from "../oracle/taskRuns.ts";
import { type Otherwise, type Trainee, train } from "../oracle/trainOnCpu.ts";
import { takesAll } from "../support/spread.ts";

const tasks = shippedTasks((file) => readFile(new URL(`../../data/${file}`, import.meta.url)));

const titled = (rows: readonly TaskRow[]) => rows.map((row) => [row.name, row.steps, row] as const);

/** The whole of each: of the gpt it takes some four minutes. */
const rows = taskRows.filter(({ steps }) => takesAll && steps === 30);

test.for(titled(rows))(
  "%s, the first %i steps: in float64 they are PyTorch's",
  { timeout: 600_000 },
  async ([, , row]) => {
    const { [row.name]: make } = await tasks;
    const found = sampledTask(train(traineeOf(make()), float64, row));
    const fromTorch = taskApart(found, torchTaskRun(taskRunFixtures, row, "float64"));
    expect(isTaskWithin(fromTorch, taskGate(row, "float64")), JSON.stringify(fromTorch)).toBe(true);
  },
);

/** The worst of the first losses of the mlp, as a share of PyTorch's in float32. */
async function firstLossesApart(change: (trainee: Trainee) => Trainee, otherwise: Otherwise): Promise<number> {
  const steps = 4;
  const { mlp } = await tasks;
  const { losses } = torchTaskRun(taskRunFixtures, { name: "mlp", steps: 30 }, "float32");
  const found = train(change(traineeOf(mlp())), float32, { ...otherwise, steps });
  return sharesApart(found.losses, Array.from(losses).slice(0, steps));
}

const withRule =
  (hyper: Record<string, number>) =>
  (trainee: Trainee): Trainee => {
    return { ...trainee, rule: trainee.rule.with(hyper) };
  };

test("mlp, the first 4 losses are PyTorch's", async () => {
  expect(await firstLossesApart((trainee) => trainee, {})).toBeLessThan(taskGates.float32.early);
});

/** Of what costs more steps to see, taskApart.ts has what was found. */
test.for<[string, (trainee: Trainee) => Trainee, Otherwise]>([
  ["the bias correction is a step late", (trainee) => trainee, { countedAs: (t) => Math.max(t - 1, 1) }],
  ["no decay", withRule({ weightDecay: 0 }), {}],
  ["beta2 is the gpt's", withRule({ beta2: 0.95 }), {}],
])("out of bounds by the mlp's fourth loss: %s", async ([, change, otherwise]) => {
  expect(await firstLossesApart(change, otherwise)).toBeGreaterThan(5 * taskGates.float32.early);
});
