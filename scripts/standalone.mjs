// @ts-check
// What programs for a WebGPU without a browser have in common. Each line that they print is JSON, as wire.mjs has it:
// `{ progress }`, at the end `{ report }` or `{ fault }`; what is for people goes to the other stream. Runs in Deno.
import { describe } from "./fault.mjs";
import { encode } from "./wire.mjs";

/** @type {{ readonly args: readonly string[], exit(code: number): never }} */
const { args, exit } = /** @type {any} */ (globalThis).Deno;

/**
 * The word behind an option; undefined where it was not given.
 * @param {string} name
 * @returns {string | undefined}
 */
export function option(name) {
  const at = args.indexOf(name);
  return at < 0 ? undefined : args[at + 1];
}

/** @param {string} name */
export const flag = (name) => args.includes(name);

/**
 * Runs a program and ends the process: with 1 where what it found is not good, with 2 where it failed.
 * @param {(progress: (value: unknown) => void) => Promise<{ report: object, text: string, isGood?: boolean }>} program
 * @returns {Promise<never>}
 */
export async function runProgram(program) {
  /** @param {object} message */
  const say = (message) => console.log(encode(message));
  try {
    const { report, text, isGood = true } = await program((progress) => say({ progress }));
    console.error(text);
    say({ report });
    return exit(isGood ? 0 : 1);
  } catch (fault) {
    console.error(fault);
    say({ fault: describe(fault) });
    return exit(2);
  }
}
