import { matricesOf } from "./geometry.ts";

/** Adafactor's states: of matrices `rowVar` and `colVar`, and behind them a mean of `rowVar` for each; of others `variance`. */
export const factorStates = {
  state: ["rowVar", "colVar", "variance"],
  stateShape: (state: string, shape: readonly number[]): readonly number[] | undefined => {
    const found = matricesOf(shape);
    if (!found) return state === "variance" ? shape : undefined;
    const outer = shape.slice(0, -2);
    if (state === "rowVar") return [...outer, found.rows, 1];
    return state === "colVar" ? [...outer, 1, found.columns] : undefined;
  },
  workspace: (shape: readonly number[]): number => matricesOf(shape)?.matrices ?? 0,
};
