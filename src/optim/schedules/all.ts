export { constant, exponential, linear, multiStep, polynomial, step } from "./basic.ts";
export { cosine, cosineRestarts } from "./cosine.ts";
export { oneCycle } from "./oneCycle.ts";
export { piecewise } from "./piecewise.ts";
export type { PlotOptions } from "./plot.ts";
export { type Scalar, type Schedule, schedule } from "./schedule.ts";
export { inverseSquareRoot, warmupStableDecay } from "./warmup.ts";
