// @ts-check
// Holds test/fixtures/torch.json to the real PyTorch: runs every row of the parity table through torch.optim and
// compares (the default), or rewrites the file (--write). PyTorch lives in a Python environment of its own, .oracle/.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { holdAround } from "./aroundOracle.mjs";
import { holdCheckpoints } from "./checkpointOracle.mjs";
import { holdOps } from "./opsOracle.mjs";
import { askedToWrite, ensurePython, loadModules, readableJson, root, runPython, stop } from "./oracleTools.mjs";
import { holdSchedules } from "./scheduleOracle.mjs";
import { holdTaskRuns } from "./taskRunsOracle.mjs";
import { holdTrajectories } from "./trajectoriesOracle.mjs";

/** @typedef {import("../test/parity/fixtures.ts").TorchFixtures} TorchFixtures */
/** @typedef {import("../test/parity/fixtures.ts").TorchRow} TorchRow */
/** @typedef {import("../test/parity/fixtures.ts").TensorBits} Tensors */
/** @typedef {import("../test/parity/table.ts").Row} Row */
/** @typedef {import("../test/parity/trace.ts").Recorded} Recorded */
/** @typedef {Omit<TorchFixtures, "rows"> & { rows: Pick<TorchRow, "float32" | "float64" | "bfloat16">[] }} Answer */

const torchVersion = "2.13.0";
/** Another CPU may fuse other multiply-adds: PyTorch's kernels that fuse none were 5.0 ulp away, the worst of all rows. */
const maxUlp = 8;
/** The same over 1000 steps, in which such differences add up. */
const maxUlpLong = 32;
/** In float64, as a fraction of the largest value the element has had. */
const maxRelative = 1e-14;

const fixturePath = join(root, "test", "fixtures", "torch.json");

const write = askedToWrite();
if (!existsSync(fixturePath)) {
  if (!write) stop("oracle: there is no test/fixtures/torch.json. Run `npm run oracle -- --write`.");
  writeFileSync(fixturePath, "{}\n"); // fixtures.ts imports the file
}

const python = ensurePython(".oracle", { torch: torchVersion }, "1 GB");
/** @type {typeof import("../test/parity/table.ts") & typeof import("../test/parity/fixtures.ts") & typeof import("../test/parity/trace.ts")} */
const parity = await loadModules(...["table", "fixtures", "trace"].map((name) => `test/parity/${name}.ts`));
const {
  torchRows: table,
  rowsBeyondTorch,
  hyperAt,
  fixtureSeed,
  fixtureCount,
  fixtureSteps,
  recordedSteps,
  longRun,
} = parity;
const committed = parity.torchFixtures;

const request = {
  seed: fixtureSeed,
  count: fixtureCount,
  recordedSteps,
  roundRootsCorrectly: false,
  long: longRun,
  rows: table.map((row) => ({
    rule: row.rule,
    desc: row.desc,
    shape: row.shape ?? [fixtureCount],
    hyper: Array.from({ length: fixtureSteps }, (_, i) => hyperAt(row, i + 1)),
  })),
};
console.log(
  `${rowsBeyondTorch.length} rows are of rules that PyTorch does not have: scripts/oracleBeyondTorch.mjs runs them.`,
);
console.log(`Running ${table.length} rows of ${fixtureSteps} steps through PyTorch ${torchVersion} ...`);
/** @type {Answer} */
const answer = runPython(python, "torchOracle.py", request);
console.log("The same with each operation rounded on its own: no fused multiply-adds, correctly rounded roots ...");
/** @type {Answer} */
const rounded = runPython(
  python,
  "torchOracle.py",
  { ...request, roundRootsCorrectly: true },
  { ATEN_CPU_CAPABILITY: "default" },
);

/** @type {TorchFixtures} */
const made = {
  torch: answer.torch,
  inputs: answer.inputs,
  defaults: answer.defaults,
  documents: answer.documents,
  rows: table.map(({ rule, desc, hyper, vary }, i) => {
    const { float32, float64, bfloat16 } =
      answer.rows[i] ?? stop(`oracle: PyTorch gave no answer for "${rule}: ${desc}".`);
    const correctlyRounded = rounded.rows[i]?.float32[fixtureSteps] ?? {};
    return {
      rule,
      desc,
      hyper: vary ? (request.rows[i]?.hyper ?? []) : hyper,
      float32,
      correctlyRounded,
      float64,
      ...(bfloat16 && { bfloat16 }),
    };
  }),
  long: answer.long.map((run, i) => ({ ...run, correctlyRounded: rounded.long[i]?.float32 ?? {} })),
};
if (write) {
  const text = `${readableJson(made)}\n`;
  writeFileSync(fixturePath, text);
  console.log(`Wrote ${table.length} rows to test/fixtures/torch.json (${Math.round(text.length / 1024)} KiB).`);
} else {
  check();
}
try {
  for (const hold of [holdSchedules, holdAround, holdCheckpoints, holdOps, holdTrajectories, holdTaskRuns])
    console.log(await hold(python, write));
} catch (error) {
  stop(/** @type {Error} */ (error).message);
}

/** Compares what PyTorch did now with what the file says it did, a line for each row. */
function check() {
  /** @type {string[]} */
  const failures = [];
  /** @param {string} name @param {boolean} passed @param {string} finding */
  const report = (name, passed, finding) => {
    console.log(`  ${passed ? "ok  " : "FAIL"} ${name.padEnd(42)} ${finding}`);
    if (!passed) failures.push(name);
  };

  for (const part of /** @type {const} */ (["torch", "inputs", "defaults", "documents"])) {
    const equal = isDeepStrictEqual(made[part], committed[part]);
    report(part, equal, equal ? "equal" : "differs");
  }
  made.rows.forEach((row, i) => {
    const name = `${row.rule}: ${row.desc}`;
    const before = committed.rows.find(({ rule, desc }) => rule === row.rule && desc === row.desc);
    if (!before) report(name, false, "is not in torch.json");
    else if (!isDeepStrictEqual(row.hyper, before.hyper))
      report(name, false, "has other hyperparameters in torch.json");
    else {
      // The scales to measure on, in float64, at each recorded step.
      const traced = parity.trace(/** @type {Row} */ (table[i]), "float64", "torch");
      const [ulps, relative] = worstOfRow(row, before, traced);
      const passed = ulps <= (table[i]?.fusedUlps ?? maxUlp) && relative <= maxRelative; // false for NaN
      const equal = ulps === 0 && relative === 0;
      report(name, passed, equal ? "bit-equal" : `${ulps.toFixed(1)} ulp, float64 ${relative.toExponential(0)}`);
    }
  });
  for (const { rule, desc } of committed.rows) {
    const known = table.some((row) => row.rule === rule && row.desc === desc);
    if (!known) report(`${rule}: ${desc}`, false, "is in torch.json, and not in the table");
  }
  for (const { rule, steps, count, float32, correctlyRounded } of made.long) {
    const before = committed.long.find((run) => run.rule === rule);
    const row = { rule, desc: "defaults", hyper: {} };
    const [last] = parity.trace(row, "float64", "torch", { count, steps, recorded: [steps] });
    const errorOf = (/** @type {Tensors} */ now, /** @type {Tensors | undefined} */ then) =>
      parity.worstUlpErrors(decoded(now), decoded(then), last?.scales ?? {});
    const ulps = Math.max(errorOf(float32, before?.float32), errorOf(correctlyRounded, before?.correctlyRounded));
    report(`${rule}, ${steps} steps`, ulps <= maxUlpLong, ulps === 0 ? "bit-equal" : `${ulps.toFixed(1)} ulp`);
  }

  if (failures.length > 0) {
    const remedy = "If the table changed, run `npm run oracle -- --write`.";
    stop(`torch.json does not hold (limits: ${maxUlp} ulp, ${maxRelative}): ${failures.join("; ")}. ${remedy}`);
  }
  console.log(`torch.json holds: ${table.length} rows.`);
}

/**
 * The worst errors of a row: in float32 spacings, and in float64 as a fraction of the largest value.
 * @param {TorchRow} now @param {TorchRow} before @param {Recorded[]} traced
 */
function worstOfRow(now, before, traced) {
  const ulps = traced.map(({ t, scales }) =>
    parity.worstUlpErrors(decoded(now.float32[t]), decoded(before.float32[t]), scales),
  );
  const last = traced.at(-1)?.scales ?? {};
  ulps.push(parity.worstUlpErrors(decoded(now.correctlyRounded), decoded(before.correctlyRounded), last));
  const [a, b] = [parity.decodeFloat64(now.float64), parity.decodeFloat64(before.float64)];
  const relative = [...a].map((value, i) => Math.abs(value - (b[i] ?? Number.NaN)) / (last.param?.[i] ?? 0));
  return /** @type {const} */ ([Math.max(...ulps), Math.max(...relative)]);
}

/** @param {Tensors} [tensors] */
function decoded(tensors = {}) {
  return parity.decodeTensors(tensors);
}
