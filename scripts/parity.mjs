// @ts-check
// `npm run parity`: every case of the parity table, GPU against the float32 reference, as a table and reports/parity.json.
import { runBundled, writeBundle, writeReport } from "./bundled.mjs";
import { adapters } from "./deno.mjs";
import { runInChrome } from "./page.mjs";
import { readOptions } from "./parityOptions.mjs";
import { reportLines } from "./parityReport.mjs";
import { progressBar } from "./progress.mjs";

/** @typedef {import("../test/parity/run.ts").ParityReport} ParityReport */

const options = readOptions(adapters);
const standalone = "test/parity/standalone.ts";

/** @returns a listener that shows how far a run is */
function showProgress() {
  const bar = progressBar();
  /** @param {[done: number, of: number, failures: number]} counts */
  return ([done, of, failures]) => bar(done, of, `cases, ${failures} failed`);
}

/** @param {ParityReport} report @param {string} name of the report's file */
function conclude(report, name) {
  writeReport(`${name}.json`, `${JSON.stringify(report, null, 2)}\n`);
  console.log([...reportLines(report), `written: reports/${name}.json`].join("\n"));
  if (report.failures) process.exitCode = 1;
}

async function onChrome() {
  const report = await runInChrome({
    module: "/test/parity/run.ts",
    call: "runForScript",
    argument: { every: options.every, only: options.only },
    ...(options.headed && { headed: true }),
    onProgress: showProgress(),
  });
  conclude(report, "parity");
}

const onDeno = () =>
  runBundled({
    name: "parity",
    entry: standalone,
    adapters: options.adapters,
    args: ["--every", String(options.every), "--only", options.only],
    showProgress,
    conclude: (report, adapter) => conclude(report, `parity-deno-${adapter}`),
  });

if (options.bundle) await writeBundle(standalone, options.bundle, "[--every COUNT] [--only TEXT]");
else if (options.on === "deno") await onDeno();
else await onChrome();
