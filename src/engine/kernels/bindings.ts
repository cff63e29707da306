import type { Launch, Value } from "../launch.ts";

/** The bindings of values that a kernel reads, in order. */
export const reads = (...values: readonly Value[]): Launch["bindings"] =>
  values.map((value) => ({ value, access: "read" }));

/** The bindings of values that a kernel writes, in order. */
export const writes = (...values: readonly Value[]): Launch["bindings"] =>
  values.map((value) => ({ value, access: "readWrite" }));
