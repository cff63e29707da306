// @ts-check
// A report as one HTML file that needs nothing else. Node only.
import { readFileSync } from "node:fs";
import { plotsOf } from "./plots.mjs";
import { headLines, sectionsOf } from "./sections.mjs";
import { escaped } from "./words.mjs";

const css = readFileSync(new URL("page.css", import.meta.url), "utf8");

/** @param {import("../row.ts").BenchReport} report */
export function reportHtml(report) {
  const lines = headLines(report);
  const verdict = lines.at(-1) ?? "";
  const facts = lines.slice(0, -1).map((line) => {
    const at = line.indexOf(": ");
    return `<dt>${escaped(line.slice(0, at))}</dt><dd>${escaped(line.slice(at + 2))}</dd>`;
  });
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>shrinkstep: benchmark on ${escaped(report.adapter)}</title>
<style>
${css}</style>
<h1>shrinkstep: benchmark</h1>
<p${report.isSoftware ? ' class="software"' : ""}>${escaped(verdict)}</p>
<dl>${facts.join("\n")}</dl>
<div class="plots">
${plotsOf(report).join("\n")}
</div>
${sectionsOf(report).map(tableOf).join("\n")}
</html>
`;
}

/** @param {import("./sections.mjs").Section} section */
const tableOf = ({ title, note, headings, rows }) => `<h2>${escaped(title)}</h2>
${note ? `<p class="note">${escaped(note)}</p>` : ""}
<div class="table"><table>
<tr>${headings.map((words) => `<th>${escaped(words)}</th>`).join("")}</tr>
${rows.map((row) => `<tr>${row.map((cell) => `<td>${escaped(cell)}</td>`).join("")}</tr>`).join("\n")}
</table></div>`;
