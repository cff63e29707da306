// @ts-check
// `npm start`: trains a perceptron in a headless Chrome on the best adapter there is, and writes runs/<name>/.
import { appendFileSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { lossCurve } from "./curve.mjs";
import { openChrome } from "./page.mjs";
import { duration, progressBar } from "./progress.mjs";
import { reportLines } from "./report.mjs";
import { help, readOptions } from "./trainOptions.mjs";

/** @typedef {import("../src/page/commandLine.ts").RunEvent} RunEvent */
/** @typedef {import("../src/page/commandLine.ts").RunStep} RunStep */

const { setup, name, headed, wantsHelp } = readOptions(process.argv.slice(2));
if (wantsHelp) {
  console.log(help);
  process.exit();
}

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "runs", name);

/** A file is there whole or not at all, whenever the process ends. @param {string} file @param {string | Uint8Array} content */
function save(file, content) {
  const path = join(folder, file);
  writeFileSync(`${path}.part`, content);
  renameSync(`${path}.part`, path);
}

const bar = progressBar();
const started = performance.now();
/** @type {RunStep[]} */
const steps = [];
/** @type {import("../src/page/commandLine.ts").RunStart | undefined} */
let start;
let accuracy = "";

/** @param {RunEvent} event */
function onEvent(event) {
  if (event.type === "start") {
    start = event;
    mkdirSync(folder, { recursive: true });
    console.log(
      `${setup.dataset}, ${setup.optimizer}: ${event.parameters.toLocaleString("en")} parameters on ${event.adapter}`,
    );
    save("metrics.jsonl", "");
  } else if (event.type === "step") {
    const { type, ...metrics } = event;
    steps.push(event);
    appendFileSync(join(folder, "metrics.jsonl"), `${JSON.stringify(metrics)}\n`);
    if (event.evaluation) accuracy = `test ${(event.evaluation.accuracy * 100).toFixed(1)} %  `;
    const { step, epoch, epochs, loss, trainAccuracy, stepsPerSecond } = event;
    const words = `epoch ${epoch}/${epochs}  loss ${loss.toFixed(3)}  train ${(trainAccuracy * 100).toFixed(0)} %  ${accuracy}${stepsPerSecond.toFixed(1)} steps/s`;
    bar(step, event.steps, words);
  } else if (event.type === "checkpoint") {
    save("model.safetensors", event.file);
  } else {
    console.log("Replaying the first steps on the CPU reference ...");
  }
}

/** @type {Awaited<ReturnType<typeof openChrome>> | undefined} */
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
  chrome = await openChrome({ headed, handleInterrupts: true });
  /** @type {import("../src/page/commandLine.ts").RunOutcome} */
  const outcome = await chrome.call("/src/page/commandLine.ts", "run", setup, onEvent);
  const seconds = (performance.now() - started) / 1000;
  const report = { name, setup, ...start, ...outcome, type: undefined, seconds };
  const lines = reportLines(report);
  save("report.json", `${JSON.stringify(report, null, 2)}\n`);
  save(
    "loss.svg",
    lossCurve(steps, {
      title: `${setup.dataset}, ${setup.optimizer}: ${(outcome.testAccuracy * 100).toFixed(1)} % of the test images right`,
      subtitle: `lr ${setup.lr} ${setup.schedule}, weight decay ${setup.weightDecay}, batch ${setup.batch}, width ${setup.width}, seed ${setup.seed}; ${outcome.steps.toLocaleString("en")} steps in ${duration(seconds)} on ${start?.adapter}`,
    }),
  );
  console.log(
    `\n${lines.join("\n")}\nwritten: ${relative(process.cwd(), folder) || "."}/ (model.safetensors, metrics.jsonl, report.json, loss.svg)`,
  );
  process.exitCode = outcome.interrupted ? 130 : 0;
} catch (error) {
  const { name: kind, message, stack } = /** @type {Error} */ (error);
  // A person's mistake needs its message; a fault of ours its stack.
  console.error(
    /^(Hyperparameter|WebGPUUnavailable|DeviceLost|OutOfMemory|Dataset)Error$/.test(kind) ? message : stack,
  );
  process.exitCode = 1;
} finally {
  await chrome?.close();
}
