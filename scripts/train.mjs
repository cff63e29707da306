// @ts-check
// `npm start`: trains a task's model in a headless Chrome on the best adapter there is, and writes runs/<name>/.
import { appendFileSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { lossCurve } from "./curve.mjs";
import { duration, progressBar } from "./progress.mjs";
import { reportLines } from "./report.mjs";
import { readOptions } from "./trainOptions.mjs";

/** @typedef {import("../src/page/commandLine.ts").RunEvent} RunEvent */
/** @typedef {import("../src/page/commandLine.ts").RunStep} RunStep */
/** @typedef {import("../src/page/runSetup.ts").RunSetup} RunSetup */

const { request, name, headed } = readOptions();

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "runs", name);

/** A file is there whole or not at all, whenever the process ends. @param {string} file @param {string | Uint8Array} content */
function save(file, content) {
  const path = join(folder, file);
  writeFileSync(`${path}.part`, content);
  renameSync(`${path}.part`, path);
}

/** @param {RunSetup} setup */
const titleOf = ({ task, dataset, optimizer }) => `${task} on ${dataset}, ${optimizer}`;

/** How a model does on what was held back. @param {import("../src/page/commandLine.ts").RunEvaluation} evaluation */
const wordsOn = ({ loss, accuracy }) =>
  accuracy === undefined ? `validation ${loss.toFixed(3)}` : `test ${(accuracy * 100).toFixed(1)} %`;

/** What the model writes, on the terminal and in its file. @param {number} step @param {string} sample */
function showSample(step, sample) {
  console.log(`\n--- after ${step.toLocaleString("en")} steps it writes:\n${sample.trim()}\n---`);
  save("sample.txt", `${sample.trim()}\n`);
}

const bar = progressBar();
const started = performance.now();
/** @type {RunStep[]} */
const steps = [];
/** @type {import("../src/page/commandLine.ts").RunStart | undefined} */
let start;
let standing = "";

/** @param {RunEvent} event */
function onEvent(event) {
  if (event.type === "start") {
    start = event;
    mkdirSync(folder, { recursive: true });
    console.log(`${titleOf(event.setup)}: ${event.parameters.toLocaleString("en")} parameters on ${event.adapter}`);
    save("metrics.jsonl", "");
  } else if (event.type === "step") {
    const { type, ...metrics } = event;
    steps.push(event);
    appendFileSync(join(folder, "metrics.jsonl"), `${JSON.stringify(metrics)}\n`);
    const { step, epoch, epochs, loss, trainAccuracy, stepsPerSecond, evaluation } = event;
    if (evaluation) standing = `${wordsOn(evaluation)}  `;
    const train = trainAccuracy === undefined ? "" : `  train ${(trainAccuracy * 100).toFixed(0)} %`;
    const words = `epoch ${epoch}/${epochs}  loss ${loss.toFixed(3)}${train}  ${standing}${stepsPerSecond.toFixed(1)} steps/s`;
    bar(step, event.steps, words);
    if (evaluation?.sample !== undefined) showSample(step, evaluation.sample);
  } else if (event.type === "checkpoint") {
    save("model.safetensors", event.file);
  } else {
    console.log("Replaying the first steps on the CPU reference ...");
  }
}

/** @type {Awaited<ReturnType<typeof import("./page.mjs").openChrome>> | undefined} */
let chrome;
let interrupts = 0;
process.on("SIGINT", async () => {
  interrupts += 1;
  if (interrupts > 1 || !start) {
    await chrome?.close();
    process.exit(130);
  }
  console.error("\nStopping after this step, with a checkpoint. Once more to stop at once.");
  await chrome?.page.evaluate("globalThis.stopTraining()");
});

try {
  const { openChrome } = await import("./page.mjs"); // Late: what is refused is refused at once.
  chrome = await openChrome({ headed, handleInterrupts: true });
  /** @type {import("../src/page/commandLine.ts").RunOutcome} */
  const outcome = await chrome.call("/src/page/commandLine.ts", "run", request, onEvent);
  const seconds = (performance.now() - started) / 1000;
  if (!start) throw new Error("npm start: the run told nothing of its beginning.");
  const { type: _, ...beginning } = start;
  const { loss, accuracy, ...rest } = outcome;
  const scores = accuracy === undefined ? { validationLoss: loss } : { testAccuracy: accuracy, testLoss: loss };
  const report = { name, ...beginning, ...scores, ...rest, seconds };
  const lines = reportLines(report);
  const { setup, adapter } = start;
  save("report.json", `${JSON.stringify(report, null, 2)}\n`);
  save(
    "loss.svg",
    lossCurve(steps, {
      title: `${titleOf(setup)}: ${wordsOn(outcome)}`,
      subtitle: `lr ${setup.lr} ${setup.schedule}, weight decay ${setup.weightDecay}, batch ${setup.batch}, width ${setup.width}, seed ${setup.seed}; ${outcome.steps.toLocaleString("en")} steps in ${duration(seconds)} on ${adapter}`,
    }),
  );
  if (outcome.sample !== undefined) save("sample.txt", `${outcome.sample.trim()}\n`);
  const files = [
    "model.safetensors",
    "metrics.jsonl",
    "report.json",
    "loss.svg",
    ...(outcome.sample ? ["sample.txt"] : []),
  ];
  console.log(`\n${lines.join("\n")}\nwritten: ${relative(process.cwd(), folder) || "."}/ (${files.join(", ")})`);
  process.exitCode = outcome.interrupted ? 130 : 0;
} catch (error) {
  const { name: kind, message, stack } = /** @type {Error} */ (error);
  // A person's mistake needs its message; a fault of ours its stack.
  console.error(
    /^(Hyperparameter|WebGPUUnavailable|DeviceLost|OutOfMemory|Dataset)Error$/.test(kind) ? message : stack,
  );
  if (kind === "WebGPUUnavailableError") console.error("Small models train without it, slowly: npm start -- --on cpu.");
  process.exitCode = 1;
} finally {
  await chrome?.close();
}
