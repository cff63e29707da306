import { type Gpu, UsageError } from "../gpu/index.ts";
import { Optimizer } from "./optimizer.ts";
import type { OptimizerOptions } from "./options.ts";
import type { ParamGroupInput } from "./paramGroup.ts";
import type { OptimizerTensor } from "./tensors.ts";
import type { UpdateRule } from "./updateRule.ts";

/**
 * Makes an optimizer over tensors, or over groups of tensors with hyperparameters of their own. Biases, norms,
 * embeddings and one-dimensional tensors are exempt from decay unless a group says otherwise; `describe()` shows which.
 * @throws HyperparameterError, ShapeError, AlignmentError, UsageError, AliasError, DuplicateParameterError,
 * WrongDeviceError, DisposedError, BufferMappedError: by rejection, naming the tensor, before anything is written to it.
 */
export async function createOptimizer(
  gpu: Gpu,
  rule: UpdateRule,
  tensors: readonly OptimizerTensor[] | readonly ParamGroupInput[],
  options: OptimizerOptions = {},
): Promise<Optimizer> {
  gpu.check();
  const inputs =
    tensors[0] && "tensors" in tensors[0]
      ? (tensors as readonly ParamGroupInput[])
      : [{ tensors: tensors as readonly OptimizerTensor[] }];
  if (!inputs.some((input) => input.tensors.length > 0)) {
    throw new UsageError("optimizer: it got no tensors (got 0, allowed 1 or more). Give it one, or a group with one.");
  }
  return Optimizer.create(gpu, rule, inputs, options);
}
