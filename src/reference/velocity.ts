import type { Round, Values } from "./numerics.ts";

export interface VelocityHyper {
  momentum: number;
  dampening: number;
  nesterov: boolean;
}

/** Momentum in PyTorch's form: b ← μ b + (1 - d) g, the first b being g; u = b, or g + μ b with Nesterov's momentum. */
export function direction(
  g: number,
  velocity: Values | undefined,
  i: number,
  { momentum, dampening, nesterov }: VelocityHyper,
  t: number,
  round: Round,
): number {
  if (!velocity) return g;
  const mu = round(momentum);
  const gradientShare = t === 1 || momentum === 0 ? 1 : round(1 - dampening);
  const b = round(round(mu * (velocity[i] as number)) + round(gradientShare * g));
  velocity[i] = b;
  return nesterov ? round(g + round(mu * b)) : b;
}
