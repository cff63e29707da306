/**
 * The parity run as a program of its own, for a WebGPU without a browser. `npm run parity -- --bundle parity.js` makes one
 * JavaScript file of it, which `deno run parity.js [--every N] [--only TEXT]` runs. Each line that it prints is JSON, as
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
  const option = (name: string): string | undefined => {
    const at = Deno.args.indexOf(name);
    return at < 0 ? undefined : Deno.args[at + 1];
  };
  const [every, only] = [Number(option("--every") ?? 1), option("--only") ?? ""];
  const report = await runForScript({ every, only }, (progress) => say({ progress }));
  console.error(reportLines(report).join("\n"));
  say({ report });
  Deno.exit(report.failures ? 1 : 0);
} catch (fault) {
  console.error(fault);
  say({ fault: describe(fault) });
  Deno.exit(2);
}
