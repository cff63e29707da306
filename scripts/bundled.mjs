// @ts-check
// A program of this repository as one JavaScript file: written for another machine, or run in Deno on software adapters.
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bundle } from "./bundle.mjs";
import { ensureDeno, ensureDriver, runInDeno } from "./deno.mjs";
import { revive } from "./fault.mjs";

/** @typedef {import("./deno.mjs").Adapter} Adapter */

/** @param {string} path from the repository's root */
export const here = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/**
 * Writes a file under reports/.
 * @param {string} name
 * @param {string} text
 */
export function writeReport(name, text) {
  mkdirSync(here("reports"), { recursive: true });
  writeFileSync(here(`reports/${name}`), text);
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

/**
 * Runs a program in Deno on each of the adapters in turn.
 *
 * @param {object} options
 * @param {string} options.name of the bundle, under .deno/
 * @param {string} options.entry the program, from the repository's root: see `runInDeno` for what it says
 * @param {readonly Adapter[]} options.adapters
 * @param {string[]} options.args
 * @param {() => (value: any) => void} options.showProgress called once for each adapter
 * @param {(report: any, adapter: Adapter) => void} options.conclude
 */
export async function runBundled({ name, entry, adapters, args, showProgress, conclude }) {
  const { drivers, deno } = prepared(() => ({
    drivers: adapters.map((adapter) => ({ adapter, driver: ensureDriver(adapter) })),
    deno: ensureDeno(),
  }));
  const { code, inSources } = await bundle(entry);
  mkdirSync(here(".deno"), { recursive: true });
  const file = here(`.deno/${name}.js`);
  writeFileSync(file, code);
  for (const [i, { adapter, driver }] of drivers.entries()) {
    console.log(`${i ? "\n" : ""}deno on ${adapter}`);
    const { report, fault } = await runInDeno({ deno, adapter, driver, file, args, onProgress: showProgress() });
    if (fault) throw revive(fault, inSources);
    conclude(report, adapter);
  }
}

/**
 * Writes a program as one file for a machine that has Deno and nothing else.
 * @param {string} entry
 * @param {string} file
 * @param {string} args that it takes, for a person
 */
export async function writeBundle(entry, file, args) {
  const { code } = await bundle(entry);
  writeFileSync(file, code);
  console.log(`written: ${file} (${Math.ceil(code.length / 1024)} KiB). Run it with: deno run ${file} ${args}`);
}

/**
 * Where a program is to run, of its options. `refuse` is called, and must not return, where they make no sense.
 * @param {{ on: string, adapter?: string | undefined, bundle?: string | undefined }} options
 * @param {readonly Adapter[]} known those that --adapter may name
 * @param {(message: string) => never} refuse
 * @returns {{ on: "chrome" | "deno", adapters: readonly Adapter[] }}
 */
export function placeOf({ on, adapter, bundle }, known, refuse) {
  if (on !== "chrome" && on !== "deno") refuse(`--on must be one of chrome, deno, got "${on}".`);
  const named = known.find((each) => each === adapter);
  if (adapter !== undefined && !named) refuse(`--adapter must be one of ${known.join(", ")}, got "${adapter}".`);
  if (named && on !== "deno") refuse("--adapter goes with --on deno; Chrome takes the best it has.");
  if (bundle === "") refuse("--bundle must name a file.");
  return { on, adapters: named ? [named] : known };
}
