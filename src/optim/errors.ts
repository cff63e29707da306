import { ShrinkstepError } from "../gpu/index.ts";

/** A hyperparameter is not what its rule can use. */
export class HyperparameterError extends ShrinkstepError {}

/** A shape is no shape, or a buffer does not have room for it. */
export class ShapeError extends ShrinkstepError {}

/** Two tensors share bytes that one of them writes. */
export class AliasError extends ShrinkstepError {}

/** A tensor was given twice. */
export class DuplicateParameterError extends ShrinkstepError {}

/** A saved state does not fit the optimizer that should take it. */
export class CheckpointMismatchError extends ShrinkstepError {}

/** A gradient is not finite. Its step was not taken, nor any after it. */
export class NonFiniteGradientError extends ShrinkstepError {
  constructor(
    message: string,
    /** The first such tensor and its element; undefined where all are finite, but their norm is too large for float32. */
    readonly tensor: string | undefined,
    readonly index: number | undefined,
    /** The step that was not taken, counted from 1 over all that were tried. */
    readonly step: number,
  ) {
    super(message);
  }
}
