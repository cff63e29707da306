// @ts-check
import { duration } from "./progress.mjs";

/** @typedef {Omit<import("../src/page/commandLine.ts").RunOutcome, "loss" | "accuracy"> & { setup: import("../src/page/runSetup.ts").RunSetup, adapter: string, seconds: number }} Report */

const percent = (/** @type {number} */ share, digits = 1) => `${(share * 100).toFixed(digits)} %`;

/**
 * A run's report, as lines for a person.
 * @param {Report} report
 */
export function reportLines({ setup, scoreLines, weightNorm, dispatchesPerStep, submitsPerStep, proof, ...rest }) {
  const { steps, seconds, interrupted, adapter } = rest;
  const lines = [
    ...scoreLines,
    `weight norm: ${weightNorm.toFixed(3)}`,
    `steps: ${steps.toLocaleString("en")} in ${duration(seconds)}${interrupted ? ", interrupted" : ""}`,
    `dispatches a step: ${dispatchesPerStep}`,
    `submits a step: ${submitsPerStep}`,
    `adapter: ${adapter}`,
  ];
  if (proof) {
    const found =
      proof.bitEqualShare === 1
        ? "all weights have the same bits"
        : `${percent(proof.bitEqualShare, 2)} of the weights have the same bits, the largest difference is ` +
          `${proof.maxAbsDifference.toExponential(1)} (${proof.maxUlp.toFixed(1)} ulp of the tensor's largest weight)`;
    lines.push(`proof: the CPU reference replayed the first ${proof.steps} steps; ${found}`);
  }
  if (setup.on === "cpu") lines.push("proof: none, for the CPU reference itself has trained");
  else if (setup.task === "gpt") lines.push("proof: none, for the CPU reference would take minutes for a step");
  return lines;
}
