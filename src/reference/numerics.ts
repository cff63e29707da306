/**
 * What the update rules share, one rounding an operation. `Math.fround` as the rounding gives the float32 twin of the
 * shaders, the identity gives the float64 oracle; the order of operations is that of `shaders/optim/parts/`.
 */
export type Round = (x: number) => number;

export const float32: Round = Math.fround;
export const float64: Round = (x) => x;

/** `accurate` rounds once where it matters; `torch` follows PyTorch's order of operations. */
export type Profile = "accurate" | "torch";

/** Numbers that a rule may read and write: float32 for the twin, float64 for the oracle. */
export type Values = Float32Array | Float64Array;

/** a + w (b - a), exact at both ends; `rest` is 1 - w. */
export function lerp(a: number, b: number, w: number, rest: number, round: Round): number {
  const difference = round(b - a);
  return w < 0.5 ? round(a + round(w * difference)) : round(b - round(rest * difference));
}

/** The moving average of g², `rest` being 1 - beta2: a lerp, or PyTorch's sum of two products. */
export function secondMoment(v: number, g: number, beta2: number, rest: number, round: Round, profile: Profile) {
  if (profile === "torch") return round(round(beta2 * v) + round(round(rest * g) * g));
  return lerp(v, round(g * g), rest, beta2, round);
}

/** Every tensor has these; with `start`, the weights before the first update, its decay pulls towards them. */
export interface ParamTensor {
  param: Values;
  grad: Values;
  start?: Values;
  /** Its sides, for rules that ask for them. */
  shape?: readonly number[];
}

/** What every rule's hyperparameters may have: see `DecayOptions` of the optimizers. */
export interface DecayHyper {
  cautious?: boolean;
}

/** What of weight i decays: all of it, or what it is away from where it began. */
export function decaying({ param, start }: ParamTensor, i: number, round: Round): number {
  const p = param[i] as number;
  return start ? round(p - (start[i] as number)) : p;
}

/** The gradient of the loss, turned round to maximize, and of the L2 penalty: ±g + λ p. */
export function coupledGradient(
  tensor: ParamTensor,
  i: number,
  maximize: boolean,
  weightDecay: number,
  round: Round,
): number {
  const g = tensor.grad[i] as number;
  return round((maximize ? -g : g) + round(weightDecay * decaying(tensor, i, round)));
}

/** The decoupled update of weight i: decay = lr λ and keep = 1 - lr λ, each rounded once. */
export function shrinkThenStep(
  tensor: ParamTensor,
  i: number,
  { decay, keep, cautious }: Shrink,
  step: number,
  round: Round,
  profile: Profile,
): number {
  const p = tensor.param[i] as number;
  if (profile === "torch" && !tensor.start) return round(round(keep * p) - step);
  const disagrees = cautious && Math.sign(step) * Math.sign(p) < 0;
  return round(p - round((disagrees ? 0 : round(decay * decaying(tensor, i, round))) + step));
}

export interface Shrink {
  decay: number;
  keep: number;
  cautious: boolean;
}

/** The decoupled decay's scalars: computed in float64, rounded once. */
export function shrinkScalars(
  { lr, weightDecay, cautious = false }: { lr: number; weightDecay: number } & DecayHyper,
  round: Round,
): Shrink {
  return { decay: round(lr * weightDecay), keep: round(1 - lr * weightDecay), cautious };
}
