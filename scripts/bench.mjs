// @ts-check
// `npm run bench`: throughput of the update rules beside the adapter's own limits, as a table and reports/bench.json.
import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { runInChrome } from "./page.mjs";
import { progressBar } from "./progress.mjs";
import { tableLines } from "./table.mjs";

const help = `npm run bench -- [options]

Times every update rule beside a plain copy and a bare stream with AdamW's traffic, in one run on one adapter.

  --headed    show the browser
  --help      this text`;

const { values } = parseArgs({ options: { headed: { type: "boolean" }, help: { type: "boolean" } } });
if (values.help) {
  console.log(help);
  process.exit();
}

const bar = progressBar();
/** @type {import("../bench/optim.ts").BenchReport} */
const report = await runInChrome({
  module: "/bench/optim.ts",
  ...(values.headed && { headed: true }),
  onProgress: ([done, of, words]) => bar(done, of, words),
});

mkdirSync(new URL("../reports", import.meta.url), { recursive: true });
writeFileSync(new URL("../reports/bench.json", import.meta.url), `${JSON.stringify(report, null, 2)}\n`);

const headings = [
  "what",
  "parameters",
  "tensors",
  "bytes/param",
  "dispatches",
  "of stream",
  "ms a step",
  "min",
  "max",
  "GB/s",
];
const lines = tableLines(
  headings,
  report.rows.map((row) => [
    row.what,
    row.parameters,
    row.tensors,
    row.bytesPerParameter,
    row.dispatches,
    row.fractionOfStream,
    row.msMedian,
    row.msMin,
    row.msMax,
    row.GBs,
  ]),
);
console.log(lines.join("\n"));
console.log(`adapter: ${report.adapter}`);
if (report.isSoftware) console.log("A software adapter: counts and ratios hold, absolute times are not comparable.");
console.log("written: reports/bench.json");
