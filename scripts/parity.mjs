// @ts-check
// `npm run parity`: every case of the parity table, GPU against the float32 reference, as a table and reports/parity.json.
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { runInChrome } from "./page.mjs";
import { progressBar } from "./progress.mjs";
import { number, tableLines } from "./table.mjs";

const help = `npm run parity -- [options]

Runs every case of test/parity/cases.ts on the GPU of a headless Chrome and by the CPU reference, and compares the
parameters and every state. On a software adapter they must be equal bit for bit, on others within the ulp gate.

  --headed    show the browser
  --help      this text`;

const { values } = parseArgs({ options: { headed: { type: "boolean" }, help: { type: "boolean" } } });
if (values.help) {
  console.log(help);
  process.exit();
}

const bar = progressBar();
/** @type {import("../test/parity/run.ts").ParityReport} */
const report = await runInChrome({
  module: "/test/parity/run.ts",
  call: "runForScript",
  ...(values.headed && { headed: true }),
  onProgress: ([done, of, failures]) => bar(done, of, `cases, ${failures} failed`),
});

mkdirSync(new URL("../reports", import.meta.url), { recursive: true });
const file = fileURLToPath(new URL("../reports/parity.json", import.meta.url));
writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);

const rows = [...Object.entries(report.rules), /** @type {const} */ (["all", report])].map(([name, tally]) => [
  name,
  tally.cases,
  tally.steps,
  tally.elements,
  tally.bitEqualCases,
  tally.worstUlp,
  tally.failures,
]);
const headings = ["rule", "cases", "steps", "elements", "bit-equal", "worst ulp", "failures"];
console.log(tableLines(headings, rows).join("\n"));
console.log(`adapter: ${report.adapter}`);
console.log(
  `gate: ${report.gate === "bit-equal" ? "bit-equality with the float32 reference" : "the ulp gate of test/parity/gates.ts"}`,
);
for (const { name, worstUlp, p99Ulp } of report.failed.slice(0, 20)) {
  console.log(`FAILED ${name}: worst ${number(worstUlp)} ulp, 99th percentile ${number(p99Ulp)} ulp`);
}
console.log("written: reports/parity.json");
process.exitCode = report.failures ? 1 : 0;
