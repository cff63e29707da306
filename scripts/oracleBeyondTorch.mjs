// @ts-check
// Holds test/fixtures/beyondTorch.json to published implementations of the rules that PyTorch does not have: runs every
// row of test/parity/rows/beyondTorch.ts and compares (the default), or rewrites the file (--write). The implementations
// live in a Python environment of their own, .oracleBeyond/.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { askedToWrite, ensurePython, loadModules, readableJson, root, runPython, stop } from "./oracleTools.mjs";

/** @typedef {import("../test/parity/beyondTorch.ts").BeyondTorchFixtures} Fixtures */
/** @typedef {import("../test/parity/beyondTorch.ts").BeyondTorchRun} Run */
/** @typedef {Pick<Fixtures, "defaults"> & { rows: Record<string, Run>[] }} Answer */

const versions = {
  torch: "2.13.0",
  "lion-pytorch": "0.2.5",
  pytorch_optimizer: "4.1.0",
  "torch-optimi": "0.3.3",
  schedulefree: "1.4.1",
  packaging: "26.3", // which torch-optimi needs and does not name
  optax: "0.2.8",
  jax: "0.10.2",
};
/** Its optimizers need PyTorch alone; what else it needs is for its models. */
const aloneVersions = { timm: "1.0.31" };
/**
 * PyTorch's kernels can be told to fuse no multiply-adds, and these go by the order of the torch profile.
 * @type {Record<string, string[]>}
 */
const inOurOrder = {
  lion: ["lion-pytorch"],
  adan: ["pytorch_optimizer"],
  lamb: ["timm"],
  lars: ["timm", "pytorch_optimizer"],
  stableAdamw: ["torch-optimi"],
  scheduleFreeAdamw: ["schedulefree"],
  scheduleFreeSgd: ["schedulefree"],
};
/** Another CPU may fuse other multiply-adds: see scripts/oracle.mjs. */
const maxUlp = 8;
/** In float64, as a fraction of the largest value the element has had. */
const maxRelative = 1e-12;

const fixturePath = join(root, "test", "fixtures", "beyondTorch.json");
const write = askedToWrite();
if (!existsSync(fixturePath)) {
  if (!write) stop("oracle: there is no test/fixtures/beyondTorch.json. Run `npm run oracle:beyond -- --write`.");
  writeFileSync(fixturePath, "{}\n"); // beyondTorch.ts imports the file
}

const python = ensurePython(".oracleBeyond", versions, "1.5 GB", aloneVersions);
/** @type {typeof import("../test/parity/table.ts") & typeof import("../test/parity/fixtures.ts") & typeof import("../test/parity/beyondTorch.ts")} */
const parity = await loadModules(...["table", "fixtures", "beyondTorch"].map((name) => `test/parity/${name}.ts`));
const { rowsBeyondTorch: rows, hyperAt, fixtureSeed, fixtureCount, fixtureSteps } = parity;
const committed = parity.beyondTorchFixtures;

const request = {
  seed: fixtureSeed,
  count: fixtureCount,
  roundRootsCorrectly: false,
  rows: rows.map((row) => ({
    rule: row.rule,
    desc: row.desc,
    hyper: Array.from({ length: fixtureSteps }, (_, i) => hyperAt(row, i + 1)),
  })),
};
const script = "oracleBeyondTorch.py";
console.log(
  `Running ${rows.length} rows of ${fixtureSteps} steps through ${Object.keys({ ...versions, ...aloneVersions }).join(", ")} ...`,
);
/** @type {Answer} */
const answer = runPython(python, script, request);
console.log(
  "The same with each operation rounded on its own: no fused multiply-adds, correctly rounded roots, our sums ...",
);
const apart = { ATEN_CPU_CAPABILITY: "default" };
/** @type {Answer} */
const rounded = runPython(python, script, { ...request, roundRootsCorrectly: true }, apart);

/** @type {Fixtures} */
const made = {
  versions: { ...versions, ...aloneVersions },
  defaults: answer.defaults,
  rows: rows.map(({ rule, desc, hyper, vary }, i) => {
    const answered = answer.rows[i] ?? stop(`oracle: there is no answer for "${rule}: ${desc}".`);
    const runs = Object.entries(answered).map(([by, { float32, float64 }]) => {
      const correctlyRounded = inOurOrder[rule]?.includes(by) && {
        correctlyRounded: rounded.rows[i]?.[by]?.float32 ?? {},
      };
      return [by, { ...(float32 && { float32 }), ...correctlyRounded, float64 }];
    });
    return { rule, desc, hyper: vary ? (request.rows[i]?.hyper ?? []) : hyper, runs: Object.fromEntries(runs) };
  }),
};
if (write) {
  const text = `${readableJson(made)}\n`;
  writeFileSync(fixturePath, text);
  console.log(`Wrote ${rows.length} rows to test/fixtures/beyondTorch.json (${Math.round(text.length / 1024)} KiB).`);
} else {
  check();
}

/** Compares what the implementations did now with what the file says they did, a line for each row and each of them. */
function check() {
  /** @type {string[]} */
  const failures = [];
  /** @param {string} name @param {boolean} passed @param {string} finding */
  const report = (name, passed, finding) => {
    console.log(`  ${passed ? "ok  " : "FAIL"} ${name.padEnd(50)} ${finding}`);
    if (!passed) failures.push(name);
  };
  for (const part of /** @type {const} */ (["versions", "defaults"])) {
    const equal = isDeepStrictEqual(made[part], committed[part]);
    report(part, equal, equal ? "equal" : "differs");
  }
  made.rows.forEach((row, i) => {
    const before = committed.rows.find(({ rule, desc }) => rule === row.rule && desc === row.desc);
    const { scales } = parity.traceBeyond(rows[i] ?? stop("oracle: a row was lost."), "float64", "torch");
    for (const [by, now] of Object.entries(row.runs)) {
      const name = `${row.rule}: ${row.desc}, ${by}`;
      const then = before?.runs[by];
      if (!then) report(name, false, "is not in beyondTorch.json");
      else if (!isDeepStrictEqual(row.hyper, before.hyper)) report(name, false, "has other hyperparameters there");
      else {
        const [ulps, relative] = errors(now, then, scales);
        const finding = `${ulps.toFixed(1)} ulp, float64 ${relative.toExponential(0)}`;
        const passed = ulps <= (rows[i]?.fusedUlps ?? maxUlp) && relative <= maxRelative; // false for NaN
        report(name, passed, ulps === 0 && relative === 0 ? "bit-equal" : finding);
      }
    }
  });
  for (const { rule, desc } of committed.rows) {
    const known = rows.some((row) => row.rule === rule && row.desc === desc);
    if (!known) report(`${rule}: ${desc}`, false, "is in beyondTorch.json, and not in the table");
  }
  if (failures.length > 0) {
    const remedy = "If the rows changed, run `npm run oracle:beyond -- --write`.";
    stop(`beyondTorch.json does not hold (limits: ${maxUlp} ulp, ${maxRelative}): ${failures.join("; ")}. ${remedy}`);
  }
  console.log(`beyondTorch.json holds: ${rows.length} rows.`);
}

/** In float32 spacings, and in float64 as a fraction. @param {Run} now @param {Run} then @param {any} scales */
function errors(now, then, scales) {
  const { decode, worstError, ulp } = parity;
  /** @param {"float32" | "correctlyRounded"} key */
  const ulps = (key) => worstError(decode(now[key] ?? {}, "float32"), decode(then[key] ?? {}, "float32"), scales, ulp);
  const keys = /** @type {const} */ (["float32", "correctlyRounded"]).filter((key) => now[key] || then[key]);
  const relative = worstError(decode(now.float64, "float64"), decode(then.float64, "float64"), scales, (x) => x);
  return /** @type {const} */ ([Math.max(0, ...keys.map(ulps)), relative]);
}
