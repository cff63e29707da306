// @ts-check
import { parseArgs } from "node:util";
import { placeOf } from "./bundled.mjs";

export const help = `npm run parity -- [options]

Runs every case of test/parity/cases.ts on the GPU and by the CPU reference, and compares the parameters and every state.
On a software adapter they must be equal bit for bit, on others within the ulp gate.

  --on chrome|deno                   Chrome's WebGPU, or Deno's, which is wgpu on software adapters   (chrome)
  --adapter swiftshader|lavapipe     with --on deno                                                   (both, in turn)
  --every COUNT                      one case of every COUNT                                          (1: all of them)
  --only TEXT                        cases with this in their names, such as --only "lamb"
  --bundle FILE                      run nothing: write it as one JavaScript file, for deno run FILE [--every COUNT] [--only TEXT]
  --headed                           show the browser
  --help                             this text`;

/** @param {string} message @returns {never} */
function refuse(message) {
  console.error(`npm run parity: ${message} See npm run parity -- --help.`);
  process.exit(2);
}

/** @param {string[]} args */
function parse(args) {
  const text = /** @type {const} */ ({ type: "string" });
  const flag = /** @type {const} */ ({ type: "boolean", default: false });
  try {
    return parseArgs({
      args,
      options: {
        on: { ...text, default: "chrome" },
        adapter: text,
        every: { ...text, default: "1" },
        only: { ...text, default: "" },
        bundle: text,
        headed: flag,
        help: flag,
      },
    }).values;
  } catch (error) {
    refuse(`${/** @type {Error} */ (error).message.split(". ")[0]}.`);
  }
}

/**
 * What was asked for. Ends the process with a message where it makes no sense.
 * @param {string[]} args
 * @param {readonly import("./deno.mjs").Adapter[]} adapters those that --adapter may name
 */
export function readOptions(args, adapters) {
  const { on, adapter, every: count, only, bundle, headed, help: wantsHelp } = parse(args);
  const every = Number(count);
  if (!Number.isSafeInteger(every) || every < 1) refuse(`--every must be a whole number >= 1, got "${count}".`);
  return { ...placeOf({ on, adapter, bundle }, adapters, refuse), every, only, bundle, headed, wantsHelp };
}
