// @ts-check
// The words behind a command: read, and refused with a message that says what was wrong and what to do.
import { parseArgs } from "node:util";

export const text = /** @type {const} */ ({ type: "string" });
export const flag = /** @type {const} */ ({ type: "boolean", default: false });

/**
 * What a command was asked for. Where that is `--help` it prints it and ends the process.
 *
 * @template {NonNullable<import("node:util").ParseArgsConfig["options"]>} Options
 * @param {string} help that begins with the command, as in `npm run bench -- [options]`
 * @param {Options} options
 */
export function commandLine(help, options) {
  const command = help.slice(0, help.indexOf(" -- "));
  /**
   * Ends the process with a message.
   * @param {string} message
   * @returns {never}
   */
  const refuse = (message) => {
    console.error(`${command}: ${message} See ${command} -- --help.`);
    process.exit(2);
  };
  const read = () => {
    try {
      return parseArgs({ options: { ...options, help: flag } }).values;
    } catch (error) {
      const [problem] = /** @type {Error} */ (error).message.split(/\.\s/);
      return refuse(`${problem}.`);
    }
  };
  const values = read();
  if (/** @type {{ help?: boolean }} */ (values).help) {
    console.log(help);
    process.exit();
  }
  return { values, refuse };
}

/**
 * A whole number from the words behind an option; undefined where it was not given.
 *
 * @template {string | undefined} Word
 * @param {string} option
 * @param {Word} word
 * @param {(message: string) => never} refuse
 * @param {number} [least]
 * @returns {Word extends string ? number : number | undefined}
 */
export function wholeNumber(option, word, refuse, least = 1) {
  const value = word === undefined ? undefined : Number(word);
  if (value !== undefined && (word?.trim() === "" || !Number.isSafeInteger(value) || value < least)) {
    refuse(`--${option} must be a whole number >= ${least}, got "${word}".`);
  }
  return /** @type {any} */ (value);
}
