import { HyperparameterError } from "../errors.ts";

/** A loss scale that the GPU keeps as large as the gradients allow: down where one is not finite, up after good steps. */
export interface DynamicLossScale {
  /** 65,536 where it is left out, as torch.amp.GradScaler's; so are the others. */
  readonly initial?: number;
  /** What it is multiplied with after `interval` good steps in a row: 2. */
  readonly growth?: number;
  /** What it is multiplied with after a step that was skipped: 0.5. */
  readonly backoff?: number;
  /** 2,000. */
  readonly interval?: number;
}

/** What is done to the gradients, on the GPU, before the update uses them. */
export interface GradientOptions {
  /** The largest norm of all gradients together; larger ones are scaled down (torch.nn.utils.clip_grad_norm_). */
  readonly clipNorm?: number;
  /** The largest magnitude of any element (torch.nn.utils.clip_grad_value_). */
  readonly clipValue?: number;
  /** What the loss was multiplied with, for gradients that float16 has no room for: divided out. See `Optimizer.lossScale`. */
  readonly lossScale?: number | DynamicLossScale;
  /**
   * What to do where a gradient is not finite. Either way no parameter, state or step count changes. `error`: a
   * NonFiniteGradientError that names the tensor, its element and the step, from the first call after the GPU has told,
   * and no step until then. `skip`: go on with the next step; always so with a dynamic loss scale.
   */
  readonly nonFinite?: "error" | "skip";
  /** How many batches the gradients are the sum of: their mean is used. */
  readonly microBatches?: number;
  /** Set the gradients to zero as they are used, in the same dispatch: for backward passes that add to them. */
  readonly zero?: boolean;
  /** Told of every step, some steps late. */
  readonly onReport?: (report: GradientReport) => void;
}

/** What the gradients of one step were like. */
export interface GradientReport {
  /** Counted from 1 over all steps that were tried. */
  readonly step: number;
  /** Of all gradients together, unscaled, before it was clipped. */
  readonly norm: number;
  /** Of the loss at this step. */
  readonly lossScale: number;
  readonly isSkipped: boolean;
  /** Steps skipped so far. */
  readonly skippedSteps: number;
}

/** The options with all that was left out, checked. */
export interface CheckedGradients {
  /** Whether the gradients have to be looked at before they are used. */
  readonly isGuarded: boolean;
  readonly clipNorm: number;
  readonly clipValue: number;
  readonly scale: Required<DynamicLossScale>;
  readonly stopsAtFailure: boolean;
  readonly microBatches: number;
  readonly zero: boolean;
  readonly onReport: (report: GradientReport) => void;
}

/** @throws HyperparameterError naming the option, its value and what is allowed. */
export function checkGradients(options: GradientOptions): CheckedGradients {
  const { clipNorm, clipValue, lossScale = 1, nonFinite, microBatches = 1, zero = false, onReport } = options;
  const isDynamic = typeof lossScale === "object";
  if (clipNorm !== undefined) checkNumber("clipNorm", clipNorm);
  if (clipValue !== undefined) checkNumber("clipValue", clipValue);
  if (!Number.isInteger(microBatches) || microBatches < 1) refuse("microBatches", "a whole number >= 1", microBatches);
  if (nonFinite !== undefined && nonFinite !== "error" && nonFinite !== "skip") {
    refuse("nonFinite", '"error" or "skip"', nonFinite);
  }
  if (clipNorm !== undefined && clipValue !== undefined) refuse("clipValue", "left out beside clipNorm", clipValue);
  if (isDynamic && nonFinite === "error") {
    refuse("nonFinite", '"skip" with a dynamic loss scale, which finds its size by such steps', nonFinite);
  }
  const scale = scaleOf(lossScale);
  return {
    isGuarded: [clipNorm, options.lossScale, nonFinite, onReport].some((option) => option !== undefined),
    clipNorm: clipNorm ?? 0,
    clipValue: clipValue ?? 0,
    scale,
    stopsAtFailure: !isDynamic && nonFinite !== "skip",
    microBatches,
    zero,
    onReport: onReport ?? (() => {}),
  };
}

function scaleOf(lossScale: number | DynamicLossScale): Required<DynamicLossScale> {
  if (typeof lossScale === "number") {
    checkNumber("lossScale", lossScale);
    return { initial: lossScale, growth: 1, backoff: 1, interval: 1 };
  }
  const { initial = 2 ** 16, growth = 2, backoff = 0.5, interval = 2000 } = lossScale;
  checkNumber("lossScale.initial", initial);
  if (!(growth > 1 && Number.isFinite(growth))) refuse("lossScale.growth", "a finite number > 1", growth);
  if (!(backoff > 0 && backoff < 1)) refuse("lossScale.backoff", "a number in (0, 1)", backoff);
  if (!Number.isInteger(interval) || interval < 1) refuse("lossScale.interval", "a whole number >= 1", interval);
  return { initial, growth, backoff, interval };
}

/** Large and small numbers that float32 has none for would be infinite or zero on the GPU. */
function checkNumber(name: string, value: unknown): void {
  const rounded = typeof value === "number" ? Math.fround(value) : 0;
  if (!(rounded > 0 && Number.isFinite(rounded))) refuse(name, "a number > 0 that fits float32", value);
}

function refuse(name: string, allowed: string, got: unknown): never {
  throw new HyperparameterError(`gradients: ${name} must be ${allowed}, got ${String(got)}.`);
}
