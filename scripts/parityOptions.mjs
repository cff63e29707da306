// @ts-check
import { placeOf } from "./bundled.mjs";
import { commandLine, flag, text, wholeNumber } from "./commandLine.mjs";

const help = `npm run parity -- [options]

Runs every case of test/parity/cases.ts on the GPU and by the CPU reference, and compares the parameters and every state.
On a software adapter they must be equal bit for bit, on others within the ulp gate.

  --on chrome|deno                   Chrome's WebGPU, or Deno's, which is wgpu on software adapters   (chrome)
  --adapter swiftshader|lavapipe     with --on deno                                                   (both, in turn)
  --every COUNT                      one case of every COUNT                                          (1: all of them)
  --only TEXT                        cases with this in their names, such as --only "lamb"
  --bundle FILE                      run nothing: write it as one JavaScript file, for deno run FILE [--every COUNT] [--only TEXT]
  --headed                           show the browser
  --help                             this text`;

/**
 * What was asked for. Ends the process with a message where it makes no sense.
 * @param {readonly import("./deno.mjs").Adapter[]} adapters those that --adapter may name
 */
export function readOptions(adapters) {
  const { values, refuse } = commandLine(help, {
    on: { ...text, default: "chrome" },
    adapter: text,
    every: { ...text, default: "1" },
    only: { ...text, default: "" },
    bundle: text,
    headed: flag,
  });
  const { on, adapter, only, bundle, headed } = values;
  const every = wholeNumber("every", values.every, refuse);
  return { ...placeOf({ on, adapter, bundle }, adapters, refuse), every, only, bundle, headed };
}
