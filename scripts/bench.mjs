// @ts-check
// `npm run bench`: how fast the library is, beside what the adapter can do, as tables, plots and bench/RESULTS.md.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { reportHtml } from "../bench/report/html.mjs";
import { readBeside, readReport, withOthers } from "../bench/report/read.mjs";
import { reportText, resultsWith } from "../bench/report/text.mjs";
import { readOptions } from "./benchOptions.mjs";
import { here, runBundled, writeBundle, writeReport } from "./bundled.mjs";
import { adapters } from "./deno.mjs";
import { openChrome } from "./page.mjs";
import { progressBar } from "./progress.mjs";

/** @typedef {import("../bench/row.ts").BenchReport} BenchReport */

const options = readOptions(adapters);
const standalone = "bench/standalone.ts";
/** Read ahead of a run, which takes long. */
const others = options.beside.map(readBeside);

/** @returns a listener that shows how far a run is */
function showProgress() {
  const bar = progressBar();
  /** @param {import("../bench/run.ts").BenchProgress} progress */
  return ([done, of, words]) => bar(done, of, words);
}

/** @param {BenchReport} measured @param {string} name of the files under reports/ */
function conclude(measured, name) {
  const report = withOthers(measured, others);
  writeReport(`${name}.json`, `${JSON.stringify(report, null, 2)}\n`);
  writeReport(`${name}.html`, reportHtml(report));
  const written = [`reports/${name}.json`, `reports/${name}.html`];
  if (report.isWhole) {
    const results = here("bench/RESULTS.md");
    writeFileSync(results, resultsWith(existsSync(results) ? readFileSync(results, "utf8") : "", report));
    written.push("bench/RESULTS.md");
  }
  console.log(`${reportText(report)}\n\nwritten: ${written.join(", ")}`);
}

async function onChrome() {
  const chrome = await openChrome({ headed: options.headed });
  try {
    const report = await chrome.call("/bench/run.ts", "run", options.run, showProgress());
    conclude({ ...report, driver: (await driverOf(chrome.browser)) ?? report.driver }, "bench");
  } finally {
    await chrome.close();
  }
}

/** What Chrome knows of the driver, which it does not tell its pages. @param {import("puppeteer").Browser} browser */
async function driverOf(browser) {
  const session = await browser.target().createCDPSession();
  const { gpu } = await session.send("SystemInfo.getInfo");
  const { driverVendor = "", driverVersion = "", deviceString = "" } = gpu.devices[0] ?? {};
  return [deviceString, driverVendor, driverVersion].filter(Boolean).join(" ") || undefined;
}

const onDeno = () =>
  runBundled({
    name: "bench",
    entry: standalone,
    adapters: options.adapters,
    args: options.words,
    showProgress,
    conclude: (report, adapter) => conclude(report, `bench-deno-${adapter}`),
  });

if (options.bundle)
  await writeBundle(standalone, options.bundle, "[--suite NAMES] [--sizes …] [--quick] [--all] [--large]");
else if (options.from) conclude(readReport(options.from), "bench");
else if (options.on === "deno") await onDeno();
else await onChrome();
