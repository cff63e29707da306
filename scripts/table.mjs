// @ts-check

/**
 * Lines of a table for a terminal: the first column to the left, numbers to the right.
 * @param {readonly string[]} headings
 * @param {readonly (readonly (string | number)[])[]} rows
 */
export function tableLines(headings, rows) {
  const cells = [headings, ...rows].map((row) => row.map((cell) => (typeof cell === "number" ? number(cell) : cell)));
  const widths = headings.map((_, i) => Math.max(...cells.map((row) => (row[i] ?? "").length)));
  return cells.map((row) =>
    row.map((cell, i) => (i ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0))).join("  "),
  );
}

/** @param {number} value */
export const number = (value) => value.toLocaleString("en", { maximumFractionDigits: 2 });
