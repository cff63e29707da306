/**
 * The benchmark as a program of its own, for a WebGPU without a browser. `npm run bench -- --bundle bench.js` makes one
 * JavaScript file of it, which `deno run bench.js [--suite …] [--sizes …] [--quick] [--all] [--large]` runs. Each line that it prints
 * is JSON, as scripts/wire.mjs has it: `{ progress }`, at the end `{ report }` or `{ fault }`; `npm run bench -- --from` takes
 * them. The tables, for people, go to the other stream.
 */
import { runOptions } from "../scripts/benchRun.mjs";
import { describe } from "../scripts/fault.mjs";
import { encode } from "../scripts/wire.mjs";
import { reportText } from "./report/text.mjs";
import { run } from "./run.ts";

declare const Deno: { readonly args: readonly string[]; exit(code: number): never };

const say = (message: object): void => console.log(encode(message));

try {
  const option = (name: string): string | undefined => {
    const at = Deno.args.indexOf(name);
    return at < 0 ? undefined : Deno.args[at + 1];
  };
  const flag = (name: string): boolean => Deno.args.includes(name);
  const refuse = (message: string): never => {
    throw new RangeError(message);
  };
  const flags = { quick: flag("--quick"), all: flag("--all"), large: flag("--large") };
  const options = runOptions({ suite: option("--suite"), sizes: option("--sizes"), ...flags }, refuse);
  const report = await run(options, (progress) => say({ progress }));
  console.error(reportText(report));
  say({ report });
  Deno.exit(0);
} catch (fault) {
  console.error(fault);
  say({ fault: describe(fault) });
  Deno.exit(2);
}
