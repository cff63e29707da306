// @ts-check
// The page's end of scripts/page.mjs: calls one exported function and answers in text.
import { describe } from "./fault.mjs";
import { decode, encode } from "./wire.mjs";

/**
 * @param {string} module
 * @param {string} name
 * @param {string} argument
 * @param {number} id
 */
export async function callExport(module, name, argument, id) {
  const report = /** @type {any} */ (globalThis).shrinkstepReport;
  try {
    const exported = await import(/* @vite-ignore */ module);
    if (typeof exported[name] !== "function") throw new TypeError(`${module} does not export a function ${name}.`);
    /** @param {unknown} value @returns {Promise<void>} */
    const progress = (value) => report(id, encode(value));
    return encode({ result: await exported[name](decode(argument), progress) });
  } catch (fault) {
    return encode({ fault: describe(fault) });
  }
}
