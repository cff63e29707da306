/**
 * The parity run as a program of its own, for a WebGPU without a browser. `npm run parity -- --bundle parity.js` makes one
 * JavaScript file of it, which `deno run parity.js [--every N]` runs. Each line that it prints is JSON, as
 * scripts/wire.mjs has it: `{ progress: [done, of, failures] }`, at the end `{ report }` or `{ fault }`. The table, for
 * people, goes to the other stream.
 */
import { describe } from "../../scripts/fault.mjs";
import { reportLines } from "../../scripts/parityReport.mjs";
import { encode } from "../../scripts/wire.mjs";
import { runForScript } from "./run.ts";

declare const Deno: { readonly args: readonly string[]; exit(code: number): never };

const say = (message: object): void => console.log(encode(message));

try {
  const option = Deno.args.indexOf("--every");
  const every = option < 0 ? 1 : Number(Deno.args[option + 1]);
  const report = await runForScript({ every }, (progress) => say({ progress }));
  console.error(reportLines(report).join("\n"));
  say({ report });
  Deno.exit(report.failures ? 1 : 0);
} catch (fault) {
  console.error(fault);
  say({ fault: describe(fault) });
  Deno.exit(2);
}
