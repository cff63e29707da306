// @ts-check
// A parity report as a person reads it. Runs anywhere.
import { number, tableLines } from "./table.mjs";

const headings = ["rule", "cases", "steps", "elements", "bit-equal", "worst ulp", "failures"];

/**
 * Lines of a terminal: the table by rule, the adapter, the gate and the cases that failed.
 * @param {import("../test/parity/run.ts").ParityReport} report
 */
export function reportLines(report) {
  const rows = [...Object.entries(report.rules), /** @type {const} */ (["all", report])].map(([name, tally]) => [
    name,
    tally.cases,
    tally.steps,
    tally.elements,
    tally.bitEqualCases,
    tally.worstUlp,
    tally.failures,
  ]);
  const gates = { "bit-equal": "bit-equality with the float32 reference", ulp: "the ulp gate of test/parity/gates.ts" };
  return [
    ...tableLines(headings, rows),
    `adapter: ${report.adapter}`,
    `gate: ${gates[report.gate]}`,
    ...report.failed.slice(0, 20).map(({ name, worstUlp, p99Ulp }) => {
      return `FAILED ${name}: worst ${number(worstUlp)} ulp, 99th percentile ${number(p99Ulp)} ulp`;
    }),
  ];
}
