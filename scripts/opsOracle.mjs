// @ts-check
// Holds test/fixtures/ops.json to PyTorch: operations, layers and losses, and their gradients. A part of `npm run oracle`.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadModules, readableJson, root, runPython } from "./oracleTools.mjs";

/** @typedef {import("../test/oracle/torchCases.ts").Case} Case */
/** @typedef {import("../test/oracle/torchCases.ts").Kind} Kind */
/** @typedef {import("../test/oracle/torchCases.ts").OpFixtures} Fixtures */
/** @typedef {import("../test/oracle/torchCases.ts").TorchAnswer} Answer */
/** @typedef {typeof import("../test/oracle/torchCases.ts") & typeof import("../test/parity/fixtures.ts")} Oracle */

const path = join(root, "test", "fixtures", "ops.json");
/** @type {readonly Kind[]} */
const kinds = ["ops", "layers", "losses"];

/**
 * Runs PyTorch again, and rewrites the file or compares with it.
 * @param {string} python one that has PyTorch
 * @param {boolean} write
 * @returns {Promise<string>} what was found
 * @throws Error naming what differs
 */
export async function holdOps(python, write) {
  if (!existsSync(path)) writeFileSync(path, "{}\n"); // torchCases.ts imports it
  /** @type {Oracle} */
  const oracle = await loadModules("test/oracle/torchCases.ts", "test/parity/fixtures.ts");
  const request = Object.fromEntries(kinds.map((kind) => [kind, oracle.torchCases[kind].map(asked)]));
  /** @type {Fixtures} */
  const now = runPython(python, "opsOracle.py", request);
  const counts = kinds.map((kind) => `${Object.keys(now[kind]).length} ${kind}`).join(", ");
  if (write) {
    const text = `${readableJson(now)}\n`;
    writeFileSync(path, text);
    return `Wrote ${counts} to test/fixtures/ops.json (${Math.round(text.length / 1024)} KiB).`;
  }
  /** @type {Fixtures} */
  const then = JSON.parse(readFileSync(path, "utf8"));
  const differing = kinds.flatMap((kind) => {
    const names = new Set([...Object.keys(now[kind]), ...Object.keys(then[kind] ?? {})]);
    return [...names].filter((name) => !(apart(name, now[kind][name], then[kind]?.[name], oracle) <= 1));
  });
  if (now.torch !== then.torch) differing.push("torch");
  if (differing.length > 0) {
    throw new Error(
      `ops.json does not hold: ${differing.join("; ")}. If the rows changed, run \`npm run oracle -- --write\`.`,
    );
  }
  return `ops.json holds: ${counts}.`;
}

/** A case as Python is asked. @param {Case} row */
function asked({ name, leaves, weights, gradients, numbers }) {
  const sent = (/** @type {import("../src/graph/index.ts").Tensor} */ leaf) => {
    const { buffer, byteOffset, byteLength } = numbers.get(leaf) ?? new Float32Array();
    const data = Buffer.from(buffer, byteOffset, byteLength).toString("base64");
    return { shape: leaf.shape, dtype: leaf.dtype === "uint32" ? "uint32" : "float32", data };
  };
  return {
    name,
    leaves: Object.fromEntries([...leaves].map(([of, leaf]) => [of, sent(leaf)])),
    weights: weights.map(sent),
    gradients: Object.keys(gradients),
  };
}

/** How far two answers are apart, where 1 is what is allowed. @param {string} name @param {Answer | undefined} a @param {Answer | undefined} b @param {Oracle} oracle */
function apart(name, a, b, { decodeFloat64, excess }) {
  if (!a || !b) return Number.NaN;
  const [x, y] = [a, b].map(({ outputs, gradients }) => [...outputs, ...Object.values(gradients)].map(decodeFloat64));
  if (x?.length !== y?.length) return Number.NaN;
  return Math.max(...(x ?? []).map((values, i) => excess(name, values, y?.[i] ?? [])));
}
