// @ts-check
// Holds test/fixtures/checkpoints.json to PyTorch, and the way there and back: steps in PyTorch, steps by the reference and
// steps in PyTorch again, through scripts/torchCheckpoint.py, against PyTorch alone. A part of `npm run oracle`.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadModules, readableJson, root, runPython } from "./oracleTools.mjs";

/** @typedef {import("../test/parity/checkpoints.ts").Checkpoint} Checkpoint */
/** @typedef {import("../test/parity/checkpoints.ts").CheckpointFixtures} Fixtures */
/** @typedef {import("../test/parity/table.ts").Row} Row */
/** @typedef {typeof import("../test/parity/fixtures.ts") & typeof import("../test/parity/checkpoints.ts") & typeof import("../test/parity/resume.ts") & typeof import("../src/interop/index.ts")} Parity */

const path = join(root, "test", "fixtures", "checkpoints.json");
/** PyTorch fuses multiply-adds, and the reference does not: see test/unit/torch.test.ts. */
const maxUlp = 8;

/**
 * Runs PyTorch again, and rewrites the file or compares with it; then goes there and back.
 * @param {string} python one that has PyTorch
 * @param {boolean} write
 * @returns {Promise<string>} what was found
 * @throws Error naming what differs
 */
export async function holdCheckpoints(python, write) {
  if (!existsSync(path)) writeFileSync(path, "{}\n"); // checkpoints.ts imports it
  /** @type {Parity} */
  const parity = await loadModules(
    ...["fixtures", "checkpoints", "resume"].map((name) => `test/parity/${name}.ts`),
    "src/interop/index.ts",
  );
  const alone = recordRuns(python, parity);
  const { torch, runs } = alone;
  if (write) writeFileSync(path, `${readableJson({ torch, runs })}\n`);
  /** @type {Fixtures} */
  const recorded = JSON.parse(readFileSync(path, "utf8"));
  const isAsked = torch === recorded.torch && runs.length === recorded.runs?.length;
  const failures = isAsked ? [] : ["what was asked for"];
  for (const { rule, desc, at } of runs) {
    const before = recorded.runs?.find((run) => run.rule === rule && run.desc === desc)?.at ?? {};
    const row = rowOf(parity, rule, desc);
    const isHeld = Object.keys(at).every((t) => errorOf(parity, row, at[t], before[t]) <= (row.fusedUlps ?? maxUlp));
    if (!isHeld) failures.push(`${rule}: ${desc}, PyTorch alone`); // so it is for NaN
  }
  const there = thereAndBack(python, parity, alone, ({ fusedUlps = maxUlp }) => fusedUlps);
  const rounded = thereAndBack(
    python,
    parity,
    recordRuns(python, parity, apart),
    ({ roundedUlps = 0 }) => roundedUlps,
    apart,
  );
  failures.push(...there.failures, ...rounded.failures.map((name) => `${name}, each operation rounded on its own`));
  if (failures.length > 0) {
    throw new Error(
      `checkpoints.json does not hold: ${failures.join("; ")}. If the rows changed, run \`npm run oracle -- --write\`.`,
    );
  }
  const found = `${runs.length} runs there and back, at most ${there.worst.toFixed(1)} ulp from PyTorch alone`;
  const what = write ? "Wrote test/fixtures/checkpoints.json" : "checkpoints.json holds";
  return `${what}: ${found}, and ${rounded.worst.toFixed(1)} with each operation rounded on its own.`;
}

/** PyTorch without fused multiply-adds; the script also takes correctly rounded roots then. */
const apart = { ATEN_CPU_CAPABILITY: "default" };

/**
 * PyTorch alone.
 * @param {string} python @param {Parity} parity @param {Record<string, string>} [env] @returns {Fixtures}
 */
function recordRuns(python, parity, env) {
  const { checkpointRows: rows } = parity;
  /** @type {{ torch: string, runs: { at: Record<string, Checkpoint> }[] }} */
  const answer = runPython(python, "checkpointOracle.py", request(parity, rows, false, env), env);
  const runs = rows.map(({ rule, desc }, i) => ({ rule, desc, at: answer.runs[i]?.at ?? {} }));
  return { torch: answer.torch, runs };
}

/**
 * The last third in PyTorch again, of runs whose second third was the reference's: how far from PyTorch alone they end.
 * @param {string} python @param {Parity} parity @param {Fixtures} alone @param {(row: Row) => number} boundOf
 * @param {Record<string, string>} [env]
 */
function thereAndBack(python, parity, alone, boundOf, env) {
  const { checkpointRows: rows, stepsEach } = parity;
  const back = rows.map((row, i) => ({ ...row, from: goOn(parity, row, alone.runs[i]?.at[stepsEach]) }));
  /** @type {{ runs: (Checkpoint & { isSame: boolean })[] }} */
  const ended = runPython(python, "checkpointOracle.py", request(parity, back, true, env), env);
  let worst = 0;
  /** @type {string[]} */
  const failures = [];
  for (const [i, row] of rows.entries()) {
    const error = errorOf(parity, row, ended.runs[i], alone.runs[i]?.at[3 * stepsEach]);
    worst = Math.max(worst, error);
    const isGood = ended.runs[i]?.isSame && error <= boundOf(row);
    if (!isGood) failures.push(`${row.rule}: ${row.desc}, there and back (${error} ulp)`);
  }
  return { worst, failures };
}

/** @param {Parity} parity @param {string} rule @param {string} desc */
function rowOf({ checkpointRows }, rule, desc) {
  const found = checkpointRows.find((row) => row.rule === rule && row.desc === desc);
  if (found) return found;
  throw new Error(`checkpoints.json: there is no row "${rule}: ${desc}".`);
}

/** @param {Parity} parity @param {Row} row @param {Checkpoint | undefined} a @param {Checkpoint | undefined} b */
function errorOf(parity, row, a, b) {
  const [x, y] = [a, b].map((each) => each && parity.held(each, parity.readOptimizerState));
  return x && y ? parity.apart(row, x, y) : Number.NaN;
}

/** @param {Parity} parity @param {readonly object[]} rows @param {boolean} goesOn @param {object} [env] */
function request({ checkpointTensors, checkpointSeed, stepsEach }, rows, goesOn, env) {
  const steps = Array.from({ length: 3 * stepsEach }, (_, i) => i + 1);
  const tensors = checkpointTensors.map(({ name, shape, rests }) => ({ name, shape, rests: steps.filter(rests) }));
  return { seed: checkpointSeed, stepsEach, tensors, rows, goesOn, roundRootsCorrectly: env !== undefined };
}

/**
 * The second third of the steps, by the reference, from PyTorch's checkpoint.
 * @param {Parity} parity @param {Row} row @param {Checkpoint | undefined} from
 * @returns {Checkpoint}
 */
function goOn(parity, row, from) {
  const { bitsOf, bytesOf, decodeFloat32, readOptimizerState, resume, stepsEach, writeOptimizerState } = parity;
  const saved = readOptimizerState(bytesOf(from?.file ?? ""));
  if (bitsOf(writeOptimizerState(saved)) !== from?.file) {
    throw new Error(`${row.rule}: ${row.desc}: the file that PyTorch's side wrote is not what ours writes of it.`);
  }
  const params = from.params.map(decodeFloat32);
  const state = resume(row, saved, params, stepsEach, 2 * stepsEach);
  return {
    params: params.map((values) => bitsOf(new Uint8Array(values.buffer))),
    file: bitsOf(writeOptimizerState(state)),
  };
}
