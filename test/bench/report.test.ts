import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { reportHtml } from "../../bench/report/html.mjs";
import { readBeside, readReport, withOthers } from "../../bench/report/read.mjs";
import { comparisonsOf, sectionsOf } from "../../bench/report/sections.mjs";
import { ticksOf } from "../../bench/report/svg.mjs";
import { reportText, resultsWith } from "../../bench/report/text.mjs";
import { short } from "../../bench/report/words.mjs";
import { encode } from "../../scripts/wire.mjs";
import { fixedReport } from "./fixedReport.ts";

const onHardware = { ...fixedReport, adapter: "acme card", isSoftware: false };

describe("the tables", () => {
  test("have counts and ratios first on a software adapter, and say that times are not comparable", () => {
    const titles = sectionsOf(fixedReport).map(({ title }) => title);
    expect(titles[0]).toBe("Updates: share of the bare stream that moves the same bytes");
    const absolute = titles.filter((title) => title.includes("not comparable"));
    expect(absolute).toHaveLength(3);
    expect(titles.indexOf(absolute[0]!)).toBeGreaterThan(titles.indexOf("Beside others"));
    expect(reportText(fixedReport)).toContain("absolute times are not comparable");
  });
  test("have times first on a GPU", () => {
    const [first] = sectionsOf(onHardware);
    expect(first?.title).toBe("Limits: what this adapter can do");
    expect(reportText(onHardware)).not.toContain("comparable");
  });
  test("have as many cells in a row as headings", () => {
    for (const { headings, rows } of sectionsOf(fixedReport)) {
      for (const row of rows) expect(row).toHaveLength(headings.length);
    }
  });
  test("leave out what was not measured", () => {
    const sections = sectionsOf({ ...fixedReport, rows: [], fits: [], leftOut: [] });
    expect(sections).toEqual([]);
  });
});

test("others are put beside ours at the same workload", () => {
  const found = comparisonsOf(fixedReport.rows);
  expect(found.map(({ theirs, ours, timesAsFast }) => [theirs.contender, ours.contender, timesAsFast])).toEqual([
    ["PyTorch", "adamw", 0.25],
    ["other", "adamw", 7],
  ]);
});

describe("bench/RESULTS.md", () => {
  const first = resultsWith("", fixedReport);
  test("has a section for the adapter", () => {
    expect(first.startsWith("# Results\n")).toBe(true);
    expect(first).toContain("\n## acme card (software adapter), Chrome (Dawn)\n");
    expect(first).toContain("- measured: 2026-11-23T00:00:00.000Z");
    expect(first).toContain("too large \\| for this");
  });
  test("has only the section of the same adapter replaced", () => {
    const both = resultsWith(first, onHardware);
    const again = resultsWith(both, {
      ...fixedReport,
      implementation: "Chrome 157.0.0.0 (Dawn)",
      date: "2027-01-01T00:00:00.000Z",
    });
    expect(again.match(/^## .*/gm)).toEqual([
      "## acme card (software adapter), Chrome (Dawn)",
      "## acme card, Chrome (Dawn)",
    ]);
    expect(again).toContain("2027-01-01");
    const [, kept] = again.split("\n## acme card, ");
    expect(both.endsWith(kept!)).toBe(true);
  });
  test("stays as it is where nothing changes", () => expect(resultsWith(first, fixedReport)).toBe(first));
});

describe("the page", () => {
  const html = reportHtml(fixedReport);
  test("needs nothing else", () => expect(html).not.toMatch(/https?:|<script|<link|src=/));
  test("shows what the adapter tells as text", () => expect(html).toContain("acme 1.2 &lt;beta&gt;"));
  test("has plots with titles and units", () => {
    expect(html.match(/<figure/g)).toHaveLength(6);
    for (const words of ["multiplications and additions, GFLOP/s", "time of a step, ms", "bar: 200 µs", "FMA probe"]) {
      expect(html).toContain(words);
    }
    expect(html).not.toMatch(/NaN|Infinity|undefined/);
  });
  test("has no plots of what was not measured", () => {
    expect(reportHtml({ ...fixedReport, rows: [], fits: [] })).not.toContain("<figure");
  });
});

describe("words", () => {
  test.each([
    [0.012345, "0.0123"],
    [12.345, "12.3"],
    [999.9, "1000"],
    [12_345.6, "12,346"],
    [0, "0"],
    [undefined, ""],
    [Number.POSITIVE_INFINITY, ""],
  ])("%d is %s", (value, words) => expect(short(value)).toBe(words));
  test("an axis has round marks", () => {
    const axis = { title: "", unit: "" };
    expect(ticksOf({ ...axis, min: 0, max: 23, isLog: false })).toEqual([0, 5, 10, 15, 20]);
    expect(ticksOf({ ...axis, min: 0.9, max: 130, isLog: true })).toEqual([1, 4, 16, 64]);
  });
});

describe("what was measured elsewhere", () => {
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const written = (text: string): string => {
    const file = join(folder, "found");
    writeFileSync(file, text);
    return file;
  };
  test("is read from a bench.json", () =>
    expect(readReport(written(JSON.stringify(fixedReport)))).toEqual(fixedReport));
  test("is read from what the bundle prints", () => {
    const lines = [{ progress: [0, 2, "x"] }, { report: fixedReport }].map((message) => encode(message));
    expect(readReport(written(`a driver's words\n${lines.join("\n")}\n`))).toEqual(fixedReport);
  });
  test.each(["", "{}", encode({ fault: { name: "Error", message: "gone" } })])("%j is no report", (text) => {
    expect(() => readReport(written(text))).toThrow("no report in it");
  });
  test("rows of PyTorch's are read, and nothing else taken for them", () => {
    const beside = { versions: { PyTorch: "2.13" }, rows: [{ ...fixedReport.rows[0]!, contender: "PyTorch" }] };
    const read = readBeside(written(JSON.stringify(beside)));
    expect(read).toEqual({ ...beside, leftOut: [] });
    const both = withOthers(fixedReport, [read]);
    expect(both.rows).toEqual([...fixedReport.rows, ...beside.rows]);
    expect(withOthers(both, [read])).toEqual(both);
    expect(both.versions).toEqual({ ...fixedReport.versions, ...beside.versions });
    const one = fixedReport.rows[0]!;
    const without = { ...fixedReport, leftOut: [{ suite: one.suite, what: one.workload, why: "it is large" }] };
    expect(withOthers(without, [read]).leftOut, "what was measured elsewhere").toEqual([]);
    expect(() => readBeside(written("[]"))).toThrow("no rows in it");
  });
});
