// @ts-check
// Holds test/fixtures/schedules.json to PyTorch's schedulers: a part of `npm run oracle`.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** @typedef {{ torch: string, rows: { desc: string, values: number[] }[] }} Schedules */

const fixture = new URL("../test/fixtures/schedules.json", import.meta.url);
/** Both are float64: only the order of a product may differ between versions of a library. */
const maxRelative = 1e-12;

/**
 * Runs PyTorch's schedulers again, and rewrites the file or compares with it.
 * @param {string} python one that has PyTorch
 * @param {boolean} write
 * @returns {string} what was found
 * @throws Error naming the schedules that differ
 */
export function holdSchedules(python, write) {
  const script = fileURLToPath(new URL("scheduleOracle.py", import.meta.url));
  const ran = spawnSync(python, [script], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  if (ran.status !== 0) throw new Error("oracle: PyTorch's schedulers did not run. Their message is above.");
  /** @type {Schedules} */
  const now = JSON.parse(ran.stdout);
  if (write) {
    writeFileSync(fixture, ran.stdout);
    return `Wrote ${now.rows.length} schedules to test/fixtures/schedules.json.`;
  }
  /** @type {Schedules} */
  const recorded = JSON.parse(readFileSync(fixture, "utf8"));
  const differing = now.rows.filter(({ desc, values }) => {
    const before = recorded.rows.find((row) => row.desc === desc)?.values ?? [];
    return (
      before.length !== values.length ||
      values.some((value, i) => Math.abs(value - Number(before[i])) > maxRelative * Math.abs(value))
    );
  });
  if (differing.length > 0 || recorded.rows.length !== now.rows.length) {
    const names = differing.map(({ desc }) => desc).join("; ") || "there are rows that PyTorch was not asked for";
    throw new Error(`schedules.json does not hold: ${names}. If they changed, run \`npm run oracle -- --write\`.`);
  }
  return `schedules.json holds: ${now.rows.length} schedules.`;
}
