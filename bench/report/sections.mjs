// @ts-check
// A report as tables, in the order in which they are to be believed: on a software adapter counts and ratios first.
import { mebibytes, percent, short, units, whole } from "./words.mjs";

/** @typedef {import("../row.ts").BenchReport} BenchReport */
/** @typedef {import("../row.ts").BenchRow} BenchRow */
/** @typedef {{ title: string, note?: string, headings: string[], rows: string[][] }} Section the first column is text */

/** @param {BenchReport} report @returns {Section[]} those that have rows */
export function sectionsOf(report) {
  const { rows, isSoftware } = report;
  /** @param {string} name */
  const of = (name) => rows.filter((row) => row.suite === name && isOurs(row));
  const lasting = [
    shares(of("optimizers")),
    updateCosts(of("optimizers")),
    fits(report),
    trainingCosts(of("training")),
    comparisons(rows),
  ];
  const absolute = [limits(of("limits")), updateRates(of("optimizers")), trainingRates(of("training"))].map(
    (section) =>
      isSoftware ? { ...section, title: `${section.title} (a software adapter: not comparable)` } : section,
  );
  const ordered = isSoftware ? [...lasting, ...absolute] : [...absolute, ...lasting];
  return [...ordered, leftOut(report)].filter((section) => section.rows.length > 0);
}

/**
 * Lines of a report that say what it was measured on.
 * @param {BenchReport} report
 */
export function headLines({ adapter, driver, implementation, isSoftware, versions, limits, date }) {
  return [
    `adapter: ${adapter}`,
    `driver: ${driver}`,
    `WebGPU: ${implementation}`,
    `versions: ${Object.entries(versions)
      .map((pair) => pair.join(" "))
      .join(", ")}`,
    `limits: ${Object.entries(limits)
      .map(([name, value]) => `${name} ${value.toLocaleString("en")}`)
      .join(", ")}`,
    `measured: ${date}`,
    isSoftware
      ? "A software adapter: counts and ratios hold, absolute times are not comparable with those of any GPU."
      : "A hardware adapter.",
  ];
}

/** @param {readonly BenchRow[]} rows @param {(row: BenchRow) => string} cell one line a contender, one column a workload */
function pivot(rows, cell) {
  const workloads = [...new Set(rows.map(({ workload }) => workload))];
  const contenders = [...new Set(rows.map(({ contender }) => contender))];
  return {
    headings: ["rule", ...workloads],
    rows: contenders.map((contender) => [
      contender,
      ...workloads.map((workload) => {
        const row = rows.find((row) => row.workload === workload && row.contender === contender);
        return row ? cell(row) : "";
      }),
    ]),
  };
}

/** @param {readonly BenchRow[]} rows @returns {Section} */
const shares = (rows) => ({
  title: "Updates: share of the bare stream that moves the same bytes",
  note: "Timed in turn with that stream, which has the rule's reads and writes and no arithmetic. 100 %: nothing is left to gain.",
  ...pivot(rows, ({ fractionOfLimit }) => percent(fractionOfLimit)),
});

/** @param {readonly BenchRow[]} rows @returns {Section} */
const updateRates = (rows) => ({
  title: "Updates: ms a step, and GB/s",
  ...pivot(rows, ({ msMedian, GBs }) => `${short(msMedian)} · ${short(GBs)}`),
});

/** @param {readonly BenchRow[]} rows @returns {Section} */
function updateCosts(rows) {
  const contenders = [...new Set(rows.map(({ contender }) => contender))];
  return {
    title: "Updates: what a step takes",
    note: "The most over all workloads. Host time is until a step is queued; the bar is 200 µs for any number of tensors.",
    headings: [
      "rule",
      "dispatches",
      "submits",
      "writes",
      "objects",
      "host µs",
      "bytes moved a parameter",
      "bytes alive a parameter",
    ],
    rows: contenders.map((contender) => {
      const own = rows.filter((row) => row.contender === contender);
      /** @param {(row: BenchRow) => number | undefined} of */
      const most = (of) => Math.max(...own.map((row) => of(row) ?? 0));
      const parameters = (/** @type {BenchRow} */ row) => row.parameters ?? 1;
      return [
        contender,
        ...[(/** @type {BenchRow} */ row) => row.dispatches, (/** @type {BenchRow} */ row) => row.submits].map((of) =>
          whole(most(of)),
        ),
        whole(most((row) => row.writes)),
        whole(most((row) => row.objects)),
        whole(most((row) => row.encodeUs)),
        short(most((row) => (row.bytesMoved ?? 0) / parameters(row))),
        short(most((row) => (row.peakBytes ?? 0) / parameters(row))),
      ];
    }),
  };
}

/** @param {BenchReport} report @returns {Section} */
const fits = ({ fits }) => ({
  title: "Scaling: ms of a step = fixed + slope · units",
  note: "Least squares of relative deviations. Elements should be on the line; tensors, groups and copies, which share their work, should not matter: a spread of 1.",
  headings: ["contender by", "from", "to", "fixed ms", "ms a 1,000", "worst deviation", "slowest / fastest", "host µs"],
  rows: fits.map(({ contender, varies, points, fixedMs, msPerUnit, worstDeviation, spread }) => [
    `${contender} by ${units[varies]}`,
    whole(points[0]?.units),
    whole(points.at(-1)?.units),
    short(fixedMs),
    short(msPerUnit * 1000),
    percent(worstDeviation),
    short(spread),
    `${whole(Math.min(...points.map(({ encodeUs }) => encodeUs)))} to ${whole(Math.max(...points.map(({ encodeUs }) => encodeUs)))}`,
  ]),
});

/** @param {readonly BenchRow[]} rows @returns {Section} */
const trainingCosts = (rows) => ({
  title: "Training steps: what a step takes",
  headings: [
    "model",
    "of the FMA probe",
    "dispatches",
    "submits",
    "writes",
    "objects",
    "host µs",
    "parameters",
    "peak MiB",
  ],
  rows: rows.map((row) => [
    row.workload,
    percent(row.fractionOfLimit),
    whole(row.dispatches),
    whole(row.submits),
    whole(row.writes),
    whole(row.objects),
    whole(row.encodeUs),
    whole(row.parameters),
    mebibytes(row.peakBytes),
  ]),
});

/** @param {readonly BenchRow[]} rows @returns {Section} */
const trainingRates = (rows) => ({
  title: "Training steps: times",
  headings: ["model", "ms a step", "least", "most", "samples/s", "tokens/s", "GFLOP/s", "ms to the first loss"],
  rows: rows.map((row) => [
    row.workload,
    short(row.msMedian),
    short(row.msMin),
    short(row.msMax),
    short(row.samplesPerSecond),
    short(row.tokensPerSecond),
    short(row.GFLOPs),
    short(row.firstStepMs),
  ]),
});

/** @param {readonly BenchRow[]} rows @returns {Section} */
const limits = (rows) => ({
  title: "Limits: what this adapter can do",
  headings: ["limit", "GB/s", "GFLOP/s", "of the copy, or the FMA probe", "ms", "least", "most"],
  rows: rows.map((row) => [
    `${row.workload}: ${row.contender}`,
    short(row.GBs),
    short(row.GFLOPs),
    percent(row.fractionOfLimit),
    short(row.msMedian),
    short(row.msMin),
    short(row.msMax),
  ]),
});

/** Whether a row is of this library. @param {BenchRow} row */
export const isOurs = ({ suite, contender, against }) =>
  contender === (against ?? (suite === "peers" ? "shrinkstep" : contender));

/**
 * Contenders that are not ours, each with ours at the same workload.
 * @param {readonly BenchRow[]} rows
 * @returns {{ theirs: BenchRow, ours: BenchRow, timesAsFast: number }[]}
 */
export function comparisonsOf(rows) {
  return rows.flatMap((theirs) => {
    if (isOurs(theirs)) return [];
    const { suite, workload, against = "shrinkstep" } = theirs;
    const ours = rows.find((row) => row.suite === suite && row.workload === workload && row.contender === against);
    return ours ? [{ theirs, ours, timesAsFast: theirs.msMedian / ours.msMedian }] : [];
  });
}

/** @param {readonly BenchRow[]} rows @returns {Section} */
const comparisons = (rows) => ({
  title: "Beside others",
  note: "How many times as fast this library's step is: their ms over ours, both medians.",
  headings: ["workload", "contender", "ours is × as fast", "their ms", "our ms", "their dispatches", "our dispatches"],
  rows: comparisonsOf(rows).map(({ theirs, ours, timesAsFast }) => [
    theirs.workload,
    theirs.contender,
    short(timesAsFast),
    short(theirs.msMedian),
    short(ours.msMedian),
    whole(theirs.dispatches),
    whole(ours.dispatches),
  ]),
});

/** @param {BenchReport} report @returns {Section} */
const leftOut = ({ leftOut }) => ({
  title: "Left out",
  headings: ["what", "why"],
  rows: leftOut.map(({ suite, what, why }) => [`${suite}: ${what}`, why]),
});
