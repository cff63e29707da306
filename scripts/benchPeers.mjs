// @ts-check
// `npm run bench:peers`: shrinkstep beside other libraries, in one page, as a table and reports/peers.json.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { commandLine, flag, text, wholeNumber } from "./commandLine.mjs";
import { openChrome } from "./page.mjs";
import { progressBar } from "./progress.mjs";
import { tableLines } from "./table.mjs";

const help = `npm run bench:peers -- [options]

Trains and updates the same weights with shrinkstep and with other libraries, in turn, in one page for each workload. Who does
not find what the CPU reference finds is not timed. Installs the libraries in bench/peers. A quarter of an hour on a software
adapter, with --quick a minute or two.

  --quick           small sizes and few rounds
  --only TEXT       only the workloads whose name has this in it
  --rounds COUNT    times that each takes its turn    (7, with --quick 3)
  --record          records what the CPU reference finds, instead: some minutes
  --headed          show the browser
  --help            this text`;

const { values, refuse } = commandLine(help, {
  quick: flag,
  only: { ...text, default: "" },
  rounds: text,
  record: flag,
  headed: flag,
});
const rounds = wholeNumber("rounds", values.rounds, refuse) ?? (values.quick ? 3 : 7);

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = `${root}bench/peers/`;
const page = "/bench/peers/.build/page.js";

function install() {
  const installed = `${folder}node_modules/.package-lock.json`;
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(`${folder}package-lock.json`).mtimeMs) return;
  console.log("Installing the other libraries (npm ci in bench/peers) ...");
  const { status } = spawnSync("npm", ["ci", "--prefer-offline", "--loglevel=error"], {
    cwd: folder,
    stdio: "inherit",
    shell: process.platform === "win32", // npm is a .cmd file there
  });
  if (status !== 0) process.exit(status ?? 1);
}

/** One file of the comparison and the libraries, since they are no modules that a browser loads as they are. */
async function bundlePage() {
  await build({
    root,
    configFile: false,
    logLevel: "warn",
    build: {
      target: "es2022",
      minify: false,
      copyPublicDir: false,
      outDir: `${folder}.build`,
      lib: { entry: { page: `${folder}page.ts` }, formats: ["es"] },
    },
  });
}

/** In a page of its own: what libraries keep in their pools would count for the next workload.
 * @param {string} call @param {unknown} argument @param {(value: [number, number, string]) => void} [onProgress] */
async function inPage(call, argument, onProgress) {
  const chrome = await openChrome({ headed: values.headed });
  try {
    return await chrome.call(page, call, argument, onProgress);
  } finally {
    await chrome.close();
  }
}

/** @param {string} name */
const versionOf = (name) => JSON.parse(readFileSync(`${folder}node_modules/${name}/package.json`, "utf8")).version;

/** @param {number | undefined} count */
const rounded = (count) => (count === undefined ? "-" : Math.round(count * 10) / 10);

/** @param {import("../bench/peers/row.ts").PeerRow} row */
const cells = (row) => [
  row.workload,
  row.contender,
  row.timesOurs === undefined ? "-" : `${row.timesOurs.toFixed(2)} ×`,
  rounded(row.dispatches),
  rounded(row.submits),
  rounded(row.writes),
  rounded(row.objects),
  `${(row.peakBytes / row.parameterBytes).toFixed(1)} ×`,
  row.msMedian,
  row.msMin,
  row.msMax,
  row.difference.toExponential(0),
];
const headings = [
  "workload",
  "contender",
  "time / ours",
  "dispatches",
  "submits",
  "writes",
  "objects",
  "peak / params",
  "ms a step",
  "min",
  "max",
  "off by",
];

async function compareAll() {
  /** @type {import("../bench/peers/row.ts").Workload[]} */
  const all = await inPage("workloads", values.quick ? "quick" : "full");
  const workloads = all.filter(({ name }) => name.includes(values.only));
  const bar = progressBar();
  /** @type {import("../bench/peers/row.ts").Comparison[]} */
  const found = [];
  for (const [i, workload] of workloads.entries()) {
    const done = await inPage("run", { workload, rounds }, ([part, of, words]) =>
      bar((i + part / of) / workloads.length, 1, words),
    );
    found.push(done);
  }
  const [first] = found;
  if (!first) {
    console.error(
      `npm run bench:peers: no workload has this in its name (got "${values.only}", allowed parts of: ${all.map(({ name }) => name).join(", ")}).`,
    );
    process.exit(2);
  }
  return {
    adapter: first.adapter,
    isSoftware: first.isSoftware,
    implementation: first.implementation,
    isWhole: !values.quick && !values.only,
    date: new Date().toISOString(),
    versions: { "@tensorflow/tfjs-core": versionOf("@tensorflow/tfjs-core"), "@jax-js/jax": versionOf("@jax-js/jax") },
    rows: found.flatMap(({ rows }) => rows),
    leftOut: found.flatMap(({ leftOut }) => leftOut),
    notes: first.notes,
  };
}

install();
await bundlePage();
if (values.record) {
  const bar = progressBar();
  const losses = await inPage("record", undefined, ([done, of, words]) => bar(done, of, words));
  writeFileSync(`${folder}reference.json`, `${JSON.stringify(losses, null, 2)}\n`);
  spawnSync(process.execPath, [
    `${root}node_modules/@biomejs/biome/bin/biome`,
    "format",
    "--write",
    `${folder}reference.json`,
  ]);
  console.log("written: bench/peers/reference.json");
} else {
  const report = await compareAll();
  mkdirSync(`${root}reports`, { recursive: true });
  writeFileSync(`${root}reports/peers.json`, `${JSON.stringify(report, null, 2)}\n`);
  console.log(tableLines(headings, report.rows.map(cells)).join("\n"));
  for (const { what, why, losses } of report.leftOut) {
    console.log(`failed, not timed: ${what}: ${why}${losses ? `; losses ${losses.join(" ")}` : ""}`);
  }
  for (const note of report.notes) console.log(note);
  console.log(
    `adapter: ${report.adapter}; ${Object.entries(report.versions)
      .map((each) => each.join(" "))
      .join(", ")}`,
  );
  if (report.isSoftware) console.log("A software adapter: counts and ratios hold, absolute times are not comparable.");
  console.log("written: reports/peers.json");
}
