export { type DType, GraphError, type Shape, type Tensor, type TensorType } from "../graph/index.ts";
export { randomBelow, randomBits, randomNormal, randomSigned, randomUniform, shuffled } from "../numbers/random.ts";
export { type Copies, checkCopies } from "./copies.ts";
export * as initial from "./initial.ts";
export { type BatchOf, type BatchTypes, f32, leavesOf, u32 } from "./inputs.ts";
export type { MatmulTable } from "./kernels/matmulChoice.ts";
export * as layers from "./layers.ts";
export * as losses from "./losses.ts";
export { probeMatmul } from "./matmulProbe.ts";
export {
  initialNumbers,
  type Model,
  model,
  namedParameters,
  namedStates,
  type ParameterTree,
  type Part,
} from "./model.ts";
export * as ops from "./ops.ts";
export { evaluationPass, type LeavesOf, type Outputs, type Pass, type TrainingPass, trainingPass } from "./passes.ts";
export { type NamedNumbers, type ParameterSlices, Weights, type WeightsOptions } from "./weights.ts";
