// @ts-check
import { runOptions } from "./benchRun.mjs";
import { placeOf } from "./bundled.mjs";
import { commandLine, flag, text } from "./commandLine.mjs";

const help = `npm run bench -- [options]

Times every update rule and whole training steps beside what the same adapter can do at all, measured in the same run: a
device-to-device copy, bare streams with the traffic of each rule, multiply-adds on registers. Prints tables, and writes
reports/bench.json, reports/bench.html and this adapter's section of bench/RESULTS.md.

  --suite NAMES                   some of limits,optimizers,scaling,training                        (all)
  --quick                         few contenders, sizes and rounds: to see that it runs; RESULTS.md is left as it is
  --sizes 64k,1M,16M              parameters to measure updates with         (what suits the adapter)
  --all                           every rule at every size on a software adapter too: hours
  --large                         the model of GPT-2's size on a software adapter too: a quarter of an hour and 5 GB more
  --on chrome|deno                Chrome's WebGPU, or Deno's, which is wgpu on software adapters    (chrome)
  --adapter swiftshader|lavapipe  with --on deno                                                    (both, in turn)
  --headed                        show the browser
  --bundle FILE                   run nothing: write it as one JavaScript file, for deno run FILE [--suite …] [--quick] …
  --from FILE                     run nothing: make the report of a bench.json, or of what the bundle has printed
  --beside FILE                   put rows that were measured elsewhere beside ours, such as bench/torch/bench.py's; several times
  --help                          this text`;

/**
 * What was asked for. Ends the process with a message where it makes no sense.
 * @param {readonly import("./deno.mjs").Adapter[]} adapters those that --adapter may name
 */
export function readOptions(adapters) {
  const { values, refuse } = commandLine(help, {
    suite: text,
    sizes: text,
    quick: flag,
    all: flag,
    large: flag,
    on: { ...text, default: "chrome" },
    adapter: text,
    headed: flag,
    bundle: text,
    from: text,
    beside: { ...text, multiple: true, default: [] },
  });
  const { on, adapter, bundle, headed, from, beside, suite, sizes, quick, all, large } = values;
  const run = runOptions({ suite, sizes, quick, all, large }, refuse);
  const words = [
    ...(suite === undefined ? [] : ["--suite", suite]),
    ...(sizes === undefined ? [] : ["--sizes", sizes]),
    ...(quick ? ["--quick"] : []),
    ...(all ? ["--all"] : []),
    ...(large ? ["--large"] : []),
  ];
  return { ...placeOf({ on, adapter, bundle }, adapters, refuse), run, words, headed, bundle, from, beside };
}
