// @ts-check
// What a run of the benchmark is asked for. Runs in Node and in a bundle.

/** @typedef {import("../bench/context.ts").BenchOptions} BenchOptions */

/** @type {readonly (import("../bench/row.ts").Suite)[]} */
export const suiteNames = ["limits", "optimizers", "scaling", "training"];

/**
 * The options of a run, from the command line's words.
 * @param {{ suite?: string | undefined, sizes?: string | undefined, quick: boolean, all: boolean, large: boolean }} words
 * @param {(message: string) => never} refuse
 * @returns {BenchOptions}
 */
export function runOptions({ suite, sizes, quick, all, large }, refuse) {
  const asked = suite?.split(",");
  const unknown = asked?.find((name) => !suiteNames.some((known) => known === name));
  if (unknown !== undefined) refuse(`--suite must be some of ${suiteNames.join(",")}, got "${unknown}".`);
  const more = all ? "--all" : large ? "--large" : undefined;
  if (quick && more) refuse(`--quick and ${more} cannot both be.`);
  return {
    suites: suiteNames.filter((name) => asked?.includes(name) ?? true),
    isQuick: quick,
    takesAll: all,
    takesLarge: large,
    ...(sizes !== undefined && { sizes: sizes.split(",").map((word) => sizeOf(word, refuse)) }),
  };
}

/** @param {string} word such as 64k or 16M @param {(message: string) => never} refuse */
function sizeOf(word, refuse) {
  const [, digits, unit = ""] = /^(\d+)([kM]?)$/.exec(word) ?? [];
  const size = Number(digits) * { "": 1, k: 2 ** 10, M: 2 ** 20 }[/** @type {"" | "k" | "M"} */ (unit)];
  if (size >= 4) return size;
  return refuse(`--sizes must be numbers of parameters like 64k,1M, got "${word}".`);
}
