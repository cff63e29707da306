export * as initial from "./initial.ts";
export { initialWeights, type PerceptronSizes, type WeightTensor } from "./initialWeights.ts";
export * as layers from "./layers.ts";
export * as losses from "./losses.ts";
export {
  initialNumbers,
  type Model,
  model,
  namedParameters,
  namedStates,
  type ParameterTree,
  type Part,
} from "./model.ts";
export { metricSlots, type Pass, Perceptron, type PerceptronTensor } from "./perceptron.ts";
export { randomBits, randomNormal, randomSigned, randomUniform, shuffled } from "./random.ts";
