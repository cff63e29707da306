export { initialWeights, type PerceptronSizes, type WeightTensor } from "./initialWeights.ts";
export { type BatchOf, type BatchTypes, f32, u32 } from "./inputs.ts";
export * from "./model.ts";
export { evaluationPass, type LeavesOf, type Outputs, type Pass, trainingPass } from "./passes.ts";
export { metricSlots, type Pass as PerceptronPass, Perceptron, type PerceptronTensor } from "./perceptron.ts";
export { randomBits, randomNormal, randomSigned, randomUniform, shuffled } from "./random.ts";
export { type NamedNumbers, type ParameterSlices, Weights } from "./weights.ts";
