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

/** The gradient of the loss, turned round to maximize, and of the L2 penalty: ±g + λ p. */
export function coupledGradient(p: number, grad: number, maximize: boolean, weightDecay: number, round: Round): number {
  return round((maximize ? -grad : grad) + round(weightDecay * p));
}

/** The decoupled update: decay = lr λ and keep = 1 - lr λ, each rounded once. */
export function shrinkThenStep(
  p: number,
  decay: number,
  keep: number,
  step: number,
  round: Round,
  profile: Profile,
): number {
  if (profile === "torch") return round(round(keep * p) - step);
  return round(p - round(round(decay * p) + step));
}
