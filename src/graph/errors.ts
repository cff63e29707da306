import type { Shape } from "./tensor.ts";

/** A model that cannot be: operands that do not fit, or an operation where it has no meaning. */
export class GraphError extends Error {
  constructor(message: string, where: string) {
    super(where ? `${message} (at ${where})` : message);
    this.name = "GraphError";
  }
}

/** A shape as it is written: `[128, 10]`. */
export const show = (shape: Shape): string => `[${shape.join(", ")}]`;
