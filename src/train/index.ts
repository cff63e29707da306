export { Batches } from "./batches.ts";
export { type Dataset, DatasetError, type Examples, loadDataset } from "./datasets.ts";
export { Evaluator, type Found } from "./evaluator.ts";
export { type FitOptions, type Fittable, fit, type Progress } from "./fit.ts";
export type { StepMetrics } from "./metrics.ts";
export * as tasks from "./tasks/index.ts";
export { decode, encode, randomWindows, type TextDataset, textDataset, windowsInOrder } from "./text.ts";
export { type CompileOptions, compile, Training } from "./training.ts";
