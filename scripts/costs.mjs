// @ts-check
// `npm run costs`: what steps cost in dispatches, submits, writes, objects and bytes, beside what test/costs.json has.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { here } from "./bundled.mjs";
import { commandLine, flag } from "./commandLine.mjs";
import { runInChrome } from "./page.mjs";
import { progressBar } from "./progress.mjs";

const help = `npm run costs -- [options]

Counts what a step of every rule and of every example task takes, on the software adapter, and compares it with
test/costs.json, which npm test holds the library to.

  --write   record what is counted
  --help    this text`;

const { values } = commandLine(help, { write: flag });

const file = here("test/costs.json");
const bar = progressBar();
/** @type {import("../test/costs/measure.ts").Costs} */
const found = await runInChrome({
  module: "/test/costs/measure.ts",
  onProgress: ([done, of, words]) => bar(done, of, words),
});
/** @type {Partial<import("../test/costs/measure.ts").Costs>} */
const recorded = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};

/** @param {unknown} cost */
const words = (cost) => (cost === undefined ? "nothing" : JSON.stringify(cost));
const changes = /** @type {const} */ (["rules", "tasks"]).flatMap((kind) => {
  const names = new Set([...Object.keys(recorded[kind] ?? {}), ...Object.keys(found[kind])]);
  return [...names].flatMap((name) => {
    const [before, after] = [recorded[kind]?.[name], found[kind][name]].map(words);
    return before === after ? [] : [`${name}:\n  recorded ${before}\n  counted  ${after}`];
  });
});
console.log(changes.join("\n") || "Every step costs what is recorded.");
if (values.write) {
  writeFileSync(file, `${JSON.stringify(found, null, 2)}\n`);
  console.log("written: test/costs.json");
} else if (changes.length > 0) {
  console.log("If that is meant: npm run costs -- --write");
  process.exitCode = 1;
}
