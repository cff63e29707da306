// @ts-check
// An error that crosses to another process, as plain values and back. Runs on both sides.

/** @typedef {{ name: string, message: string, stack?: string | undefined, cause?: Fault }} Fault */

/** @param {unknown} fault @returns {Fault} */
export function describe(fault) {
  if (!(fault instanceof Error)) return { name: "Error", message: String(fault), stack: "" };
  const { name, message, stack, cause } = fault;
  return { name, message, stack, ...(cause !== undefined && { cause: describe(cause) }) };
}

/**
 * An error of the other process as one of this process.
 * @param {Fault} fault
 * @param {(stack: string) => string} inSources gives a stack the positions of the files as written
 * @returns {Error}
 */
export function revive(fault, inSources) {
  const error = new Error(fault.message, fault.cause && { cause: revive(fault.cause, inSources) });
  error.name = fault.name;
  error.stack = inSources(fault.stack || `${fault.name}: ${fault.message}`);
  return error;
}
