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
