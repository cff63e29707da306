// @ts-check
// `npm run bench:matmul`: the rate of the matmul kernels at the products of two models, as a table.
import { commandLine, flag, text, wholeNumber } from "./commandLine.mjs";
import { runInChrome } from "./page.mjs";
import { progressBar } from "./progress.mjs";
import { tableLines } from "./table.mjs";

const help = `npm run bench:matmul -- [options]

Times the matmul kernels at the products of a step of the perceptron and of the character transformer.

  --kernels a,b   only these, beside the one that the table chooses
  --rounds n      how often each is timed (7)
  --headed        show the browser
  --help          this text`;

const { values, refuse } = commandLine(help, { kernels: text, rounds: { ...text, default: "7" }, headed: flag });
const rounds = wholeNumber("rounds", values.rounds, refuse);

const bar = progressBar();
/** @type {import("../bench/matmul.ts").MatmulBenchReport} */
const { adapter, isSoftware, rows } = await runInChrome({
  module: "/bench/matmul.ts",
  argument: { rounds, ...(values.kernels && { kernels: values.kernels.split(",") }) },
  ...(values.headed && { headed: true }),
  onProgress: ([done, of, words]) => bar(done, of, words),
});

const headings = [
  "model",
  "product",
  "rows × columns × inner",
  "times",
  "kernel",
  "compile ms",
  "min",
  "ms",
  "GFLOP/s",
];
const cells = rows.map((row) => [
  row.model,
  row.product,
  row.shape,
  row.times,
  row.kernel,
  row.compileMs,
  row.msMin,
  row.msMedian,
  row.GFLOPs,
]);
console.log(tableLines(headings, cells).join("\n"));
for (const model of new Set(rows.map((row) => row.model))) {
  const chosen = rows.filter((row) => row.model === model && row.kernel.startsWith("chosen"));
  const ms = chosen.reduce((sum, { times, msMedian }) => sum + times * msMedian, 0);
  const work = chosen.reduce((sum, { times, msMedian, GFLOPs }) => sum + times * msMedian * GFLOPs, 0);
  console.log(`${model}: ${ms.toFixed(1)} ms of matmuls a step, ${(work / ms).toFixed(2)} GFLOP/s`);
}
console.log(`adapter: ${adapter}`);
if (isSoftware) console.log("A software adapter: ratios hold, absolute times are not comparable.");
