// @ts-check
// The plots of a report: what was reached beside what is possible, how cost grows, and how others do.
import { comparisonsOf, isOurs } from "./sections.mjs";
import { dotRows, label, lines, plot, px } from "./svg.mjs";
import { percent, short, units } from "./words.mjs";

/** @typedef {import("../row.ts").BenchReport} BenchReport */
/** @typedef {import("../row.ts").BenchRow} BenchRow */
/** @typedef {import("../row.ts").BenchFit} BenchFit */
/** @typedef {import("./svg.mjs").Series} Series */

/** @param {BenchReport} report @returns {string[]} figures; none where there is nothing to show */
export function plotsOf({ rows, fits, isSoftware }) {
  const lasting = [
    shares(rows),
    ratios(rows),
    ...fits.map(growth),
    ...fits.filter(({ varies }) => varies !== "elements").map(hostTime),
  ];
  const warning = isSoftware ? " (a software adapter: not comparable)" : "";
  const roofs = [arithmetic(rows, warning), bandwidth(rows, warning)];
  return (isSoftware ? [...lasting, ...roofs] : [...roofs, ...lasting]).filter((figure) => figure !== "");
}

/** @param {number} value 65,536 as 64k */
const size = (value) =>
  value >= 2 ** 20 ? `${short(value / 2 ** 20)}M` : value >= 1024 ? `${short(value / 1024)}k` : short(value);

/** @param {readonly number[]} values @param {number} [room] how much farther a logarithmic axis reaches */
const around = (values, room = 1.3) => ({ min: Math.min(...values) / room, max: Math.max(...values) * room });

/** GB/s by size, under the copy and the stream of AdamW's traffic. @param {readonly BenchRow[]} rows @param {string} warning */
function bandwidth(rows, warning) {
  /** @param {string} name @param {string} colour @param {(row: BenchRow) => boolean} isOne @param {boolean} isLimit @returns {Series} */
  const series = (name, colour, isOne, isLimit = false) => ({
    name,
    colour,
    isLimit,
    points: rows
      .filter(isOne)
      .map(({ parameters = 0, GBs = 0 }) => /** @type {const} */ ([parameters, GBs]))
      .sort(([a], [b]) => a - b),
  });
  /** @param {string} contender */
  const updates = (contender) => (/** @type {BenchRow} */ row) =>
    row.suite === "optimizers" && row.tensors === 1 && row.contender === contender;
  const all = [
    series("device copy", "muted", ({ contender }) => contender === "device copy", true),
    series("stream 4 : 3", "ink", ({ contender }) => contender === "stream, read 4 write 3", true),
    series("adamw", "blue", updates("adamw")),
    series("adam", "green", updates("adam")),
    series("sgd", "orange", updates("sgd")),
  ].filter(({ points }) => points.length > 1);
  if (!all.some(({ isLimit }) => !isLimit)) return "";
  const points = all.flatMap(({ points }) => points);
  const x = {
    title: "parameters in one tensor",
    unit: "",
    isLog: true,
    format: size,
    ...around(
      points.map(([x]) => x),
      1.1,
    ),
  };
  const y = { title: "read and written", unit: "GB/s", isLog: true, ...around(points.map(([, y]) => y)) };
  return plot({ title: `Updates under the memory's roof${warning}`, x, y, draw: (x, y) => lines(all, x, y) });
}

const keepings = [
  { name: "accurate profile, float32", colour: "blue", ending: "" },
  { name: "torch profile", colour: "orange", ending: ", torch profile" },
  { name: "all in bf16", colour: "green", ending: ", all in bf16" },
  { name: "8-bit states", colour: "purple", ending: ", 8-bit states" },
];

/** Each rule's share of its stream, at the workload that most rules have. @param {readonly BenchRow[]} rows */
function shares(rows) {
  const updates = rows.filter((row) => row.suite === "optimizers" && isOurs(row));
  const [first] = updates.toSorted((a, b) => count(b) - count(a) || (b.parameters ?? 0) - (a.parameters ?? 0));
  if (!first) return "";
  const own = updates.filter(({ workload }) => workload === first.workload);
  const names = own
    .map(({ contender }) => contender)
    .filter((name) => !keepings.some(({ ending }) => ending && name.endsWith(ending)));
  return dotRows({
    title: `Updates: share of the bare stream that moves the same bytes (${first.workload})`,
    x: {
      title: "share of the stream's rate",
      unit: "",
      min: 0,
      max: Math.max(1.05, ...own.map(share)),
      isLog: false,
      format: percent,
    },
    limit: { at: 1, name: "the stream" },
    legend: keepings.map(({ name, colour }) => ({ name, colour })),
    rows: names.map((name) => ({
      name,
      dots: keepings.flatMap(({ ending, colour }) => {
        const row = own.find(({ contender }) => contender === name + ending);
        return row ? [{ value: share(row), colour, words: `${row.contender}: ${percent(share(row))}` }] : [];
      }),
    })),
  });

  /** @param {BenchRow} row how many rules have its workload */
  function count({ workload }) {
    return updates.filter((row) => row.workload === workload).length;
  }
}

/** @param {BenchRow} row */
const share = ({ fractionOfLimit = 0 }) => fractionOfLimit;

/** GFLOP/s of products and training steps under the FMA probe's. @param {readonly BenchRow[]} rows @param {string} warning */
function arithmetic(rows, warning) {
  const probe = rows.find(({ workload }) => workload === "FMA probe");
  const works = rows.filter(
    (row) => row.GFLOPs !== undefined && (row.suite === "limits" || row.suite === "training") && isOurs(row),
  );
  if (!probe?.GFLOPs || works.length < 2) return "";
  return dotRows({
    title: `Products and training steps under the roof of arithmetic${warning}`,
    x: { title: "multiplications and additions", unit: "GFLOP/s", min: 0, max: probe.GFLOPs * 1.05, isLog: false },
    limit: { at: probe.GFLOPs, name: "FMA probe" },
    rows: works.map((row) => ({
      name: row.workload.replace(/:.*/, ""),
      isBar: true,
      dots: [{ value: row.GFLOPs ?? 0, colour: row === probe ? "muted" : "blue", words: row.workload }],
      note:
        row === probe ? short(row.GFLOPs) : `${short(row.GFLOPs)}, ${percent((row.GFLOPs ?? 0) / (probe.GFLOPs ?? 1))}`,
    })),
  });
}

/** @param {BenchFit} fit */
function growth({ contender, varies, points, fixedMs, msPerUnit, worstDeviation, spread }) {
  const isLog = varies === "elements";
  const times = points.map(({ ms }) => ms);
  const counts = points.map(({ units }) => units);
  const x = { title: units[varies], unit: "", isLog: true, ...around(counts, 1.1), ...(isLog && { format: size }) };
  const y = {
    title: "time of a step",
    unit: "ms",
    isLog,
    ...(isLog ? around(times) : { min: 0, max: Math.max(...times) * 1.15 }),
  };
  const found = isLog ? `linear within ${percent(worstDeviation)}` : `slowest ${short(spread)} × the fastest`;
  const line = Array.from({ length: 40 }, (_, i) => {
    const at = Math.min(...counts) * (Math.max(...counts) / Math.min(...counts)) ** (i / 39);
    return /** @type {const} */ ([at, Math.max(fixedMs + msPerUnit * at, y.min)]);
  });
  const series = [
    { name: "fitted", colour: "muted", isLimit: true, points: line },
    { name: "measured", colour: "blue", points: points.map(({ units, ms }) => /** @type {const} */ ([units, ms])) },
  ];
  const sign = msPerUnit < 0 ? "−" : "+";
  const formula = `${short(fixedMs)} ${sign} ${short(Math.abs(msPerUnit) * 1000)} · ${units[varies]} / 1,000 ms`;
  return plot({
    title: `${contender} by ${units[varies]}: ${found}`,
    x,
    y,
    // Only the fitted line has a name: points on it would put theirs over it.
    draw: (across, up) =>
      lines(
        [
          { ...series[1], name: "" },
          { ...series[0], name: "fitted" },
        ].map((each) => /** @type {Series} */ (each)),
        across,
        up,
      ) + label(across(x.min) + 8, up(y.max) + 12, formula, "tick"),
  });
}

/** @param {BenchFit} fit */
function hostTime({ contender, varies, points }) {
  const bar = 200;
  const times = points.map(({ encodeUs }) => encodeUs);
  const x = {
    title: units[varies],
    unit: "",
    isLog: true,
    ...around(
      points.map(({ units }) => units),
      1.1,
    ),
  };
  const y = {
    title: "host time until a step is queued",
    unit: "µs",
    isLog: false,
    min: 0,
    max: Math.max(bar, ...times) * 1.15,
  };
  return plot({
    title: `${contender} by ${units[varies]}: host time`,
    x,
    y,
    draw: (across, up) =>
      `<line class="line muted limit" x1="${px(across(x.min))}" x2="${px(across(x.max))}" y1="${px(up(bar))}" y2="${px(up(bar))}"/>` +
      label(across(x.max) + 8, up(bar) + 4, "bar: 200 µs", "name muted") +
      lines(
        [{ name: contender, colour: "blue", points: points.map(({ units, encodeUs }) => [units, encodeUs]) }],
        across,
        up,
      ),
  });
}

/** @param {readonly BenchRow[]} rows */
function ratios(rows) {
  const found = comparisonsOf(rows);
  if (found.length === 0) return "";
  const values = found.map(({ timesAsFast }) => timesAsFast);
  return dotRows({
    title: "Beside others: how many times as fast this library's step is",
    x: {
      title: "their time over ours",
      unit: "",
      isLog: true,
      min: Math.min(0.5, ...values) / 1.2,
      max: Math.max(2, ...values) * 1.2,
    },
    limit: { at: 1, name: "as fast" },
    rows: found.map(({ theirs, timesAsFast }) => ({
      name: `${theirs.workload.replace(/:.*/, "")}, ${theirs.contender}`,
      isBar: true,
      dots: [{ value: timesAsFast, colour: timesAsFast >= 1 ? "blue" : "orange", words: theirs.workload }],
      note: `${short(timesAsFast)} ×`,
    })),
  });
}
