// @ts-check
// A report for a terminal, and as a section of bench/RESULTS.md.
import { tableLines } from "../../scripts/table.mjs";
import { headLines, sectionsOf } from "./sections.mjs";

/** @typedef {import("../row.ts").BenchReport} BenchReport */

/** @param {BenchReport} report */
export const reportText = (report) =>
  [
    ...headLines(report),
    ...sectionsOf(report).flatMap(({ title, note, headings, rows }) => [
      "",
      title,
      ...(note ? [note] : []),
      ...tableLines(headings, rows),
    ]),
  ].join("\n");

const intro = `# Results

Written by \`npm run bench\`: a section for each adapter and each implementation of WebGPU, replaced by the next run on it.
How to read it is in the [README](../README.md#the-benchmark).
`;

/** @param {BenchReport} report the heading of an adapter's section; versions change without making it another one */
const headingOf = ({ adapter, implementation }) => `## ${adapter}, ${implementation.replace(/ [\d.]+/, "")}`;

/**
 * bench/RESULTS.md with the section of the report's adapter written anew, and all others as they are.
 * @param {string} text what the file holds, or nothing
 * @param {BenchReport} report
 */
export function resultsWith(text, report) {
  const heading = headingOf(report);
  const others = text.split(/^(?=## )/m).filter((section) => section.startsWith("## "));
  const section = `${heading}\n\n${markdown(report)}\n`;
  const at = others.findIndex((section) => section.startsWith(`${heading}\n`));
  const sections = at < 0 ? [...others, section] : others.with(at, section);
  return [intro, ...sections.map((each) => `${each.trimEnd()}\n`)].join("\n");
}

/** @param {BenchReport} report */
function markdown(report) {
  const blocks = sectionsOf(report).map(({ title, note, headings, rows }) =>
    [
      `### ${title}`,
      "",
      ...(note ? [note, ""] : []),
      line(headings),
      `|${headings.map((_, i) => (i ? "---:|" : "---|")).join("")}`,
      ...rows.map(line),
    ].join("\n"),
  );
  return [
    headLines(report)
      .map((words) => `- ${words}`)
      .join("\n"),
    ...blocks,
  ].join("\n\n");
}

/** @param {readonly string[]} cells */
const line = (cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
