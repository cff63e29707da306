// @ts-check
// `npm run bench:precision`: training quality of what is kept in fewer bits, as a table and reports/precision.json.
import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { runInChrome } from "./page.mjs";
import { progressBar } from "./progress.mjs";
import { tableLines } from "./table.mjs";

const help = `npm run bench:precision -- [options]

Trains the perceptron of npm start with its parameters and its optimizer's states kept in 32 bits and in fewer, over several
seeds. About half a minute a run on a software adapter.

  --seeds COUNT   runs of each kind    (5)
  --headed        show the browser
  --help          this text`;

const { values } = parseArgs({
  options: { seeds: { type: "string", default: "5" }, headed: { type: "boolean" }, help: { type: "boolean" } },
});
if (values.help) {
  console.log(help);
  process.exit();
}
const seeds = Number(values.seeds);
if (!Number.isSafeInteger(seeds) || seeds < 1) {
  console.error(`npm run bench:precision: --seeds must be a whole number >= 1, got "${values.seeds}". See --help.`);
  process.exit(2);
}

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
