// @ts-check
// Reports and rows that were measured elsewhere. Node only.
import { readFileSync } from "node:fs";
import { decode } from "../../scripts/wire.mjs";

/** @typedef {import("../row.ts").BenchReport} BenchReport */
/** @typedef {import("../row.ts").BenchRow} BenchRow */

/**
 * A report from a bench.json, or from what the bundle has printed.
 * @param {string} file
 * @returns {BenchReport}
 * @throws Error where there is none in it
 */
export function readReport(file) {
  const text = readFileSync(file, "utf8");
  for (const line of text.split("\n").reverse()) {
    if (!line.startsWith('{"value":{"report"')) continue;
    return decode(line).report;
  }
  const report = parse(text);
  if (Array.isArray(report?.rows) && typeof report.adapter === "string") return report;
  throw new Error(`${file}: no report in it. Give the lines that the bundle printed, or a bench.json.`);
}

/**
 * Rows of bench/torch/bench.py, or others of the same fields.
 * @param {string} file
 * @returns {{ versions: Record<string, string>, rows: BenchRow[] }}
 * @throws Error where there are none in it
 */
export function readBeside(file) {
  const { rows, versions = {} } = parse(readFileSync(file, "utf8")) ?? {};
  if (Array.isArray(rows)) return { rows, versions };
  throw new Error(`${file}: no rows in it. Give what bench/torch/bench.py has written.`);
}

/** @param {string} text @returns {any} undefined where it is no JSON */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
