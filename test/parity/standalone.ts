/**
 * The parity run as a program of its own, for a WebGPU without a browser. `npm run parity -- --bundle parity.js` makes one
 * JavaScript file of it, which `deno run parity.js [--every N] [--only TEXT]` runs: see scripts/standalone.mjs. Its progress is
 * `[done, of, failures]`.
 */
import { reportLines } from "../../scripts/parityReport.mjs";
import { option, runProgram } from "../../scripts/standalone.mjs";
import { runForScript } from "./run.ts";

await runProgram(async (progress) => {
  const report = await runForScript({ every: Number(option("--every") ?? 1), only: option("--only") ?? "" }, progress);
  return { report, text: reportLines(report).join("\n"), isGood: report.failures === 0 };
});
