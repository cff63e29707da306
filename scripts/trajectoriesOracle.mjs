// @ts-check
// Holds test/fixtures/trajectories.json to PyTorch: three small models, trained. A part of `npm run oracle`.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadModules, readableJson, root, runPython } from "./oracleTools.mjs";

/** @typedef {typeof import("../test/oracle/trajectories.ts") & typeof import("../test/oracle/apart.ts") & typeof import("../test/parity/fixtures.ts")} Oracle */
/** @typedef {import("../test/oracle/trajectories.ts").Trajectory} Trajectory */
/** @typedef {Oracle["trajectoryFixtures"]} Fixtures */

const path = join(root, "test", "fixtures", "trajectories.json");

/**
 * Runs PyTorch again, and rewrites the file or compares with it.
 * @param {string} python one that has PyTorch
 * @param {boolean} write
 * @returns {Promise<string>} what was found
 * @throws Error naming what differs
 */
export async function holdTrajectories(python, write) {
  if (!existsSync(path)) writeFileSync(path, "{}\n"); // trajectories.ts imports it
  /** @type {Oracle} */
  const oracle = await loadModules("test/oracle/trajectories.ts", "test/oracle/apart.ts", "test/parity/fixtures.ts");
  const { trajectories, sampledFloat64 } = oracle;
  const request = { sampledFloat64, runs: trajectories.map((run) => asked(run, oracle)) };
  /** @type {Fixtures} */
  const now = runPython(python, "trajectoriesOracle.py", request);
  if (write) {
    const text = `${readableJson(now)}\n`;
    writeFileSync(path, text);
    return `Wrote ${trajectories.length} runs to test/fixtures/trajectories.json (${Math.round(text.length / 1024)} KiB).`;
  }
  /** @type {Fixtures} */
  const then = JSON.parse(readFileSync(path, "utf8"));
  const differing = trajectories.filter(({ name }) => !oracle.holds(now.runs[name], then.runs?.[name]));
  if (differing.length > 0 || now.torch !== then.torch) {
    const names = differing.map(({ name }) => name).join(", ");
    throw new Error(
      `trajectories.json does not hold: ${names || "torch"}. If that was asked for, run \`npm run oracle -- --write\`.`,
    );
  }
  return `trajectories.json holds: ${trajectories.length} runs.`;
}

/** A run as Python is asked. @param {Trajectory} run @param {Oracle} oracle */
function asked({ name, model, batch, rule, hyper, batchAt }, { startOf, trajectorySteps }) {
  const weights = startOf(model()).map(({ name: of, leaf, data, decays }) => {
    return { name: of, decays, ...sent(leaf.shape, "float32", data) };
  });
  const batches = Array.from({ length: trajectorySteps }, (_, step) => {
    const { x, y } = batchAt(step);
    return { x: sent(batch.x.shape, batch.x.dtype, x), y: sent(batch.y.shape, "uint32", y) };
  });
  return { name, rule, hyper, weights, batches };
}

/** @param {readonly number[]} shape @param {string} dtype @param {Float32Array | Uint32Array} data */
export const sent = (shape, dtype, { buffer, byteOffset, byteLength }) => {
  return { shape, dtype, data: Buffer.from(buffer, byteOffset, byteLength).toString("base64") };
};
