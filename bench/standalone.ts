/**
 * The benchmark as a program of its own, for a WebGPU without a browser. `npm run bench -- --bundle bench.js` makes one
 * JavaScript file of it, which `deno run bench.js [--suite …] [--sizes …] [--quick] [--all] [--large]` runs; `npm run bench --
 * --from` takes what it prints: see scripts/standalone.mjs.
 */
import { runOptions } from "../scripts/benchRun.mjs";
import { flag, option, runProgram } from "../scripts/standalone.mjs";
import { reportText } from "./report/text.mjs";
import { run } from "./run.ts";

await runProgram(async (progress) => {
  const refuse = (message: string): never => {
    throw new RangeError(message);
  };
  const words = { suite: option("--suite"), sizes: option("--sizes") };
  const flags = { quick: flag("--quick"), all: flag("--all"), large: flag("--large") };
  const report = await run(runOptions({ ...words, ...flags }, refuse), progress);
  return { report, text: reportText(report) };
});
