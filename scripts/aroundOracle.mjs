// @ts-check
// Holds test/fixtures/around.json to PyTorch: averages of the weights, clipped gradients, loss scales. A part of
// `npm run oracle`.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { loadModules, readableJson, root, runPython, stop } from "./oracleTools.mjs";

/** @typedef {import("../test/parity/aroundTorch.ts").AroundFixtures} Fixtures */
/** @typedef {import("../test/parity/aroundTorch.ts").GradientRun} GradientRun */
/** @typedef {typeof import("../test/parity/table.ts") & typeof import("../test/parity/fixtures.ts") & typeof import("../test/parity/aroundTorch.ts")} Parity */

const path = join(root, "test", "fixtures", "around.json");
/** Another CPU may fuse other multiply-adds, and add up a norm in another order. */
const maxUlp = 8;
/** Of the magnitudes, which are below 2. */
const maxDifference64 = 1e-14;

/**
 * Runs PyTorch again, and rewrites the file or compares with it.
 * @param {string} python one that has PyTorch
 * @param {boolean} write
 * @returns {Promise<string>} what was found
 * @throws Error naming what differs
 */
export async function holdAround(python, write) {
  if (!existsSync(path)) writeFileSync(path, "{}\n"); // aroundTorch.ts imports it
  /** @type {Parity} */
  const parity = await loadModules(...["table", "fixtures", "aroundTorch"].map((name) => `test/parity/${name}.ts`));
  const now = ask(python, parity);
  if (write) {
    writeFileSync(path, `${readableJson(now)}\n`);
    return `Wrote ${now.averages.length} averages and ${now.gradients.length} runs to test/fixtures/around.json.`;
  }
  /** @type {Fixtures} */
  const then = JSON.parse(readFileSync(path, "utf8"));
  const differing = differences(now, then, parity);
  if (differing.length > 0) {
    throw new Error(
      `around.json does not hold: ${differing.join("; ")}. If that was asked for, run \`npm run oracle -- --write\`.`,
    );
  }
  return `around.json holds: ${now.averages.length} averages and ${now.gradients.length} runs.`;
}

/** @param {string} python @param {Parity} parity @returns {Fixtures} */
function ask(python, parity) {
  const { torchAverages, torchRows, hyperAt, fixtureSteps } = parity;
  const request = {
    seed: parity.fixtureSeed,
    count: parity.fixtureCount,
    recordedSteps: parity.recordedSteps,
    roundRootsCorrectly: false,
    averages: torchAverages.map(({ rule, desc, averageDecay }) => {
      const row = torchRows.find((each) => each.rule === rule && each.desc === desc) ?? stop(`oracle: no row ${desc}.`);
      return { rule, averageDecay, hyper: Array.from({ length: fixtureSteps }, (_, i) => hyperAt(row, i + 1)) };
    }),
    gradients: {
      seed: parity.gradientSeed,
      sizes: parity.gradientSizes,
      steps: parity.gradientSteps,
      magnitudes: Array.from({ length: parity.gradientSteps }, (_, i) => parity.magnitudeAt(i + 1)),
      hyper: parity.gradientHyper,
      plans: parity.gradientPlans,
    },
  };
  const script = "aroundOracle.py";
  /** @type {Fixtures} */
  const answer = runPython(python, script, request);
  const apart = { ATEN_CPU_CAPABILITY: "default" };
  /** @type {Fixtures} */
  const rounded = runPython(python, script, { ...request, roundRootsCorrectly: true }, apart);
  const averages = torchAverages.map(({ rule, desc, averageDecay }, i) => {
    const { float32, float64 } = answer.averages[i] ?? stop("oracle: an average was lost.");
    const correctlyRounded = rounded.averages[i]?.float32[fixtureSteps] ?? "";
    return { rule, desc, averageDecay: Number(averageDecay), float32, correctlyRounded, float64 };
  });
  return { torch: answer.torch, averages, gradients: answer.gradients };
}

/** What does not hold. @param {Fixtures} now @param {Fixtures} then @param {Parity} parity */
function differences(now, then, { decodeFloat32, decodeFloat64, ulp }) {
  /** @param {string | undefined} a @param {string | undefined} b */
  const ulps = (a, b) => {
    const [x, y] = [decodeFloat32(a ?? ""), decodeFloat32(b ?? "")];
    if (x.length !== y.length) return Number.NaN;
    return Math.max(
      0,
      ...x.map((value, i) => (Object.is(value, y[i]) ? 0 : Math.abs(value - (y[i] ?? 0)) / unit(value))),
    );
  };
  // What is nearly zero was not so before.
  const unit = (/** @type {number} */ value) => ulp(Math.max(Math.abs(value), 2 ** -7));
  /** @type {string[]} */
  const found = now.torch === then.torch ? [] : ["torch"];
  for (const [i, run] of now.averages.entries()) {
    const before = then.averages?.[i];
    const steps = Object.keys(run.float32);
    const worst = Math.max(
      ulps(run.correctlyRounded, before?.correctlyRounded),
      ...steps.map((t) => ulps(run.float32[t], before?.float32[t])),
    );
    const [a, b] = [decodeFloat64(run.float64), decodeFloat64(before?.float64 ?? "")];
    const apart = Math.max(...a.map((value, k) => Math.abs(value - (b[k] ?? Number.NaN))));
    const isSame = run.rule === before?.rule && run.desc === before.desc && run.averageDecay === before.averageDecay;
    if (!(isSame && worst <= maxUlp && apart <= maxDifference64)) found.push(`the average of ${run.rule}: ${run.desc}`);
  }
  for (const [i, run] of now.gradients.entries()) {
    const before = then.gradients?.[i];
    const worst = Math.max(
      ulps(run.norms, before?.norms),
      ...run.params.map((each, k) => ulps(each, before?.params[k])),
    );
    if (!(worst <= maxUlp && isDeepStrictEqual(exactly(run), exactly(before)))) found.push(run.desc);
  }
  if (now.averages.length !== then.averages?.length || now.gradients.length !== then.gradients?.length) {
    found.push("there is more, or less, than was asked for");
  }
  return found;
}

/** What no rounding may touch. @param {GradientRun | undefined} run */
const exactly = (run) => run && [run.desc, run.scales, run.skipped, run.stepCount];
