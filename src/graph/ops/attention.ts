import { show } from "../errors.ts";
import { apply, applyOne, demand } from "../node.ts";
import { checkShape, checkType } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";

/** Whether a query sees only the keys up to its own time, and what its products are multiplied by (1/√D by default). */
export interface AttentionOptions {
  readonly isCausal?: boolean;
  readonly scale?: number;
}

/**
 * softmax(q kᵀ · scale) v for each head: q [B, T, H, D], k and v [B, S, H, D] → [B, T, H, D]. It never holds the T × S
 * weights.
 *
 * Source: Vaswani et al., "Attention Is All You Need" (2017), section 3.2; Dao, "FlashAttention-2" (2023).
 */
export function attention(q: Tensor, k: Tensor, v: Tensor, { isCausal = false, scale }: AttentionOptions = {}): Tensor {
  checkShape("attention", "q", q, [undefined, undefined, undefined, undefined]);
  const [B, T, H, D] = q.shape as [number, number, number, number];
  checkShape("attention", "k", k, [B, isCausal ? T : undefined, H, D]);
  checkShape("attention", "v", v, k.shape);
  for (const tensor of [q, k, v]) checkType("attention", tensor);
  demand(
    D >= 1 && D <= 128 && (k.shape[1] as number) > 0,
    () =>
      `attention: a size that it cannot do (got q ${show(q.shape)} and k ${show(k.shape)}, allowed heads of 1 to 128 and a key at least).`,
  );
  const operation = { op: "attention", isCausal, scale: scale ?? 1 / Math.sqrt(D) } as const;
  return apply(
    operation,
    [q, k, v],
    [
      { shape: q.shape, dtype: "float32" },
      { shape: [B, H, T], dtype: "float32" },
    ],
  )[0] as Tensor;
}

/**
 * Queries or keys x [B, T, H, D], elements i and i + D/2 turned as a pair by t · base^(−2i/D).
 *
 * Source: Su et al., "RoFormer" (2021), section 3.2; the pairs are those of GPT-NeoX and LLaMA.
 */
export function rotary(x: Tensor, base = 10_000): Tensor {
  checkType("rotary", x);
  checkShape("rotary", "x", x, [undefined, undefined, undefined, undefined]);
  demand((x.shape[3] as number) % 2 === 0, () => `rotary: heads of an odd size (got ${show(x.shape)}). Make D even.`);
  return applyOne({ op: "rotary", base, isInverse: false }, [x], { shape: x.shape, dtype: "float32" });
}
