export { initialWeights, type PerceptronSizes, type WeightTensor } from "./initialWeights.ts";
export { metricSlots, type Pass, Perceptron, type PerceptronTensor } from "./perceptron.ts";
export { randomBits, randomNormal, randomSigned, randomUniform, shuffled } from "./random.ts";
