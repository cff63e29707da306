// @ts-check
// The page's end of scripts/page.mjs: calls one exported function and answers in text.
import { decode, encode } from "./wire.mjs";

/** @param {unknown} fault @returns {object} */
function describe(fault) {
  if (!(fault instanceof Error)) return { name: "Error", message: String(fault), stack: "" };
  const { name, message, stack, cause } = fault;
  return { name, message, stack, ...(cause !== undefined && { cause: describe(cause) }) };
}

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
