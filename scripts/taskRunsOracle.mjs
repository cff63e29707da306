// @ts-check
// Holds test/fixtures/taskRuns.json to PyTorch: the shipped tasks, trained at their own sizes. A part of `npm run oracle`.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { loadModules, readableJson, root, runPython } from "./oracleTools.mjs";
import { sent } from "./trajectoriesOracle.mjs";

/** @typedef {typeof import("../test/oracle/taskRuns.ts") & typeof import("../test/oracle/taskApart.ts")} Oracle */
/** @typedef {import("../src/train/tasks/index.ts").Task} Task */
/** @typedef {import("../test/oracle/taskRuns.ts").TaskName} TaskName */
/** @typedef {Oracle["taskRunFixtures"]} Fixtures */

const path = join(root, "test", "fixtures", "taskRuns.json");

/**
 * Runs PyTorch again, and rewrites the file or compares with it.
 * @param {string} python one that has PyTorch
 * @param {boolean} write
 * @returns {Promise<string>} what was found
 * @throws Error naming what differs
 */
export async function holdTaskRuns(python, write) {
  if (!existsSync(path)) writeFileSync(path, "{}\n"); // taskRuns.ts imports it
  /** @type {Oracle} */
  const oracle = await loadModules("test/oracle/taskRuns.ts", "test/oracle/taskApart.ts");
  const { shippedTasks, taskNames, taskRows } = oracle;
  const tasks = await shippedTasks((file) => readFile(join(root, "data", file)));
  const runs = taskNames.map((name) => asked(name, tasks[name](), oracle));
  /** @type {Fixtures} */
  const now = runPython(python, "taskRunsOracle.py", { runs });
  if (write) {
    const text = `${readableJson(now)}\n`;
    writeFileSync(path, text);
    return `Wrote ${taskRows.length} runs to test/fixtures/taskRuns.json (${Math.round(text.length / 1024)} KiB).`;
  }
  /** @type {Fixtures} */
  const then = JSON.parse(readFileSync(path, "utf8"));
  const differing = taskRows.filter((row) => !oracle.holdsTask(row, now, then));
  if (differing.length > 0 || now.torch !== then.torch) {
    const names = differing.map(({ name, steps }) => `${name} after ${steps}`).join(", ");
    throw new Error(
      `taskRuns.json does not hold: ${names || "torch"}. If that was asked for, run \`npm run oracle -- --write\`.`,
    );
  }
  return `taskRuns.json holds: ${taskRows.length} runs.`;
}

/**
 * A task as Python is asked: its weights, and of each step the batch and the learning rate.
 * @param {TaskName} name @param {Task} task @param {Oracle} oracle
 */
function asked(name, task, { traineeOf, taskRows, everyOfLeaf }) {
  const { start, batch, rule } = traineeOf(task);
  const ends = taskRows.filter((row) => row.name === name).map(({ steps }) => steps);
  const weights = start.map((weight) => {
    const { name: of, leaf, data, decays } = weight;
    return { name: of, decays, every: everyOfLeaf(weight), ...sent(leaf.shape, "float32", data) };
  });
  const steps = Array.from({ length: Math.max(...ends) }, (_, step) => step);
  const batches = steps.map((step) => {
    const { x, y } = task.batchAt(step);
    const { shape, dtype } = batch.x;
    const given = dtype === "float32" ? Float32Array.from(x) : Uint32Array.from(x); // The next call may reuse the task's.
    return { x: sent(shape, dtype, given), y: sent(batch.y.shape, "uint32", Uint32Array.from(y)) };
  });
  const hypers = steps.map((step) => rule.hyperAt(step + 1));
  // What is off has PyTorch's default, which is off, or is not there.
  const hyper = Object.fromEntries(Object.entries(hypers[0] ?? {}).filter(([, value]) => value !== false));
  return { name, ends, rule: rule.name, hyper, lr: hypers.map(({ lr }) => lr), weights, batches };
}
