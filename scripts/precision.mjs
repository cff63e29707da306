// @ts-check
// `npm run bench:precision`: training quality of what is kept in fewer bits, as a table and reports/precision.json.
import { mkdirSync, writeFileSync } from "node:fs";
import { commandLine, flag, text, wholeNumber } from "./commandLine.mjs";
import { runInChrome } from "./page.mjs";
import { progressBar } from "./progress.mjs";
import { tableLines } from "./table.mjs";

const help = `npm run bench:precision -- [options]

Trains the perceptron of npm start with its parameters and its optimizer's states kept in 32 bits and in fewer, over several
seeds. About half a minute a run on a software adapter.

  --seeds COUNT   runs of each kind    (5)
  --headed        show the browser
  --help          this text`;

const { values, refuse } = commandLine(help, { seeds: { ...text, default: "5" }, headed: flag });
const seeds = wholeNumber("seeds", values.seeds, refuse);

const bar = progressBar();
/** @type {import("../bench/precision.ts").PrecisionReport} */
const report = await runInChrome({
  module: "/bench/precision.ts",
  argument: { seeds },
  ...(values.headed && { headed: true }),
  onProgress: ([done, of, words]) => bar(done, of, words),
});

mkdirSync(new URL("../reports", import.meta.url), { recursive: true });
writeFileSync(new URL("../reports/precision.json", import.meta.url), `${JSON.stringify(report, null, 2)}\n`);

/** Mean and standard deviation over the seeds. @param {number[]} numbers @param {number} digits */
function spread(numbers, digits) {
  const mean = numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
  const variance = numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0) / Math.max(numbers.length - 1, 1);
  return `${mean.toFixed(digits)} ± ${Math.sqrt(variance).toFixed(digits)}`;
}

const headings = ["kept in", "bytes/param", "training loss", "test loss", "test images right, %"];
const rows = report.rows.map(({ what, bytesPerParameter, results }) => [
  what,
  bytesPerParameter,
  spread(
    results.map(({ train }) => train.loss),
    4,
  ),
  spread(
    results.map(({ test }) => test.loss),
    4,
  ),
  spread(
    results.map(({ test }) => test.accuracy * 100),
    2,
  ),
]);
console.log(tableLines(headings, rows).join("\n"));
console.log(`${seeds} seeds, mean ± standard deviation, on ${report.adapter}`);
console.log("written: reports/precision.json");
