// @ts-check
// `npm run parity`: every case of the parity table, GPU against the float32 reference, as a table and reports/parity.json.
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bundle } from "./bundle.mjs";
import { adapters, ensureDeno, ensureDriver, runInDeno } from "./deno.mjs";
import { revive } from "./fault.mjs";
import { runInChrome } from "./page.mjs";
import { help, readOptions } from "./parityOptions.mjs";
import { reportLines } from "./parityReport.mjs";
import { progressBar } from "./progress.mjs";

/** @typedef {import("../test/parity/run.ts").ParityReport} ParityReport */

const options = readOptions(process.argv.slice(2), adapters);
const standalone = "test/parity/standalone.ts";

/** @param {string} path from the repository's root */
const here = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** @returns a listener that shows how far a run is */
function showProgress() {
  const bar = progressBar();
  /** @param {[done: number, of: number, failures: number]} counts */
  return ([done, of, failures]) => bar(done, of, `cases, ${failures} failed`);
}

/** @param {ParityReport} report @param {string} name of the report's file */
function conclude(report, name) {
  mkdirSync(here("reports"), { recursive: true });
  writeFileSync(here(`reports/${name}.json`), `${JSON.stringify(report, null, 2)}\n`);
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

/**
 * What `find` finds. Ends the process where something is missing: a person needs the remedy, and no stack.
 * @template T
 * @param {() => T} find
 */
function prepared(find) {
  try {
    return find();
  } catch (error) {
    console.error(/** @type {Error} */ (error).message);
    process.exit(1);
  }
}

async function onDeno() {
  const chosen = /** @type {typeof adapters} */ (options.adapters);
  const { drivers, deno } = prepared(() => ({
    drivers: chosen.map((adapter) => ({ adapter, driver: ensureDriver(adapter) })),
    deno: ensureDeno(),
  }));
  const { code, inSources } = await bundle(standalone);
  mkdirSync(here(".deno"), { recursive: true });
  const file = here(".deno/parity.js");
  writeFileSync(file, code);
  for (const [i, { adapter, driver }] of drivers.entries()) {
    console.log(`${i ? "\n" : ""}deno on ${adapter}`);
    const args = ["--every", String(options.every), "--only", options.only];
    const { report, fault } = await runInDeno({ deno, adapter, driver, file, args, onProgress: showProgress() });
    if (fault) throw revive(fault, inSources);
    conclude(report, `parity-deno-${adapter}`);
  }
}

/** @param {string} file */
async function writeBundle(file) {
  const { code } = await bundle(standalone);
  writeFileSync(file, code);
  console.log(
    `written: ${file} (${Math.ceil(code.length / 1024)} KiB). Run it with: deno run ${file} [--every COUNT] [--only TEXT]`,
  );
}

if (options.wantsHelp) console.log(help);
else if (options.bundle) await writeBundle(options.bundle);
else if (options.on === "deno") await onDeno();
else await onChrome();
