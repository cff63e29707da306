export { type Dataset, DatasetError, type Examples, loadDataset } from "./datasets.ts";
export {
  createTraining,
  type Evaluation,
  type Progress,
  type RunOptions,
  Training,
  type TrainingOptions,
} from "./perceptronTraining.ts";
