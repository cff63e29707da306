// @ts-check
// Reports and rows that were measured elsewhere. Node only.
import { readFileSync } from "node:fs";
import { decode } from "../../scripts/wire.mjs";

/** @typedef {import("../row.ts").BenchReport} BenchReport */

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

/** @typedef {Pick<BenchReport, "versions" | "rows" | "leftOut">} Beside */

/**
 * Rows of bench/torch/bench.py, of another report, or others of the same fields.
 * @param {string} file
 * @returns {Beside}
 * @throws Error where there are none in it
 */
export function readBeside(file) {
  const { rows, versions = {}, leftOut = [] } = parse(readFileSync(file, "utf8")) ?? {};
  if (Array.isArray(rows)) return { rows, versions, leftOut };
  throw new Error(`${file}: no rows in it. Give what bench/torch/bench.py has written.`);
}

/**
 * A report with what was measured elsewhere beside it, in the place of the same contenders' rows where it has some, and of what
 * it left out.
 * @param {BenchReport} report
 * @param {readonly Beside[]} others
 * @returns {BenchReport}
 */
export function withOthers(report, others) {
  const all = [report, ...others];
  const rows = latest(
    all.flatMap(({ rows }) => rows),
    ["suite", "workload", "contender"],
  );
  const leftOut = latest(
    all.flatMap(({ leftOut }) => leftOut),
    ["suite", "what"],
  );
  return {
    ...report,
    versions: Object.assign({}, report.versions, ...others.map(({ versions }) => versions)),
    rows,
    leftOut: leftOut.filter(({ suite, what }) => !rows.some((row) => row.suite === suite && row.workload === what)),
  };
}

/**
 * The last of those that have the same words, in the places of the first.
 * @template T
 * @param {readonly T[]} items
 * @param {readonly (keyof T)[]} words
 */
const latest = (items, words) => [
  ...new Map(items.map((item) => [JSON.stringify(words.map((word) => item[word])), item])).values(),
];

/** @param {string} text @returns {any} undefined where it is no JSON */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
