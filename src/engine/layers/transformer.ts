import type { Tensor } from "../../graph/index.ts";
import * as graph from "../../graph/index.ts";
import { type InitialOf, normal } from "../initial.ts";
import { type Model, model } from "../model.ts";
import { type LinearOptions, linear } from "./linear.ts";
import { layerNorm } from "./norms.ts";

/** The rows of a table that ids, uint32 [...], name: [..., width]. Standard normal unless told, as in PyTorch. */
export function embedding(
  rows: number,
  width: number,
  { weight = () => normal(1) }: { readonly weight?: InitialOf } = {},
): Model<[ids: Tensor], Tensor, { readonly weight: Tensor }> {
  const table = graph.parameter([rows, width], "embedding", weight({ fanIn: rows, fanOut: width }));
  return model({ weight: table }, (parts, ids: Tensor) => graph.gather(parts.weight, ids));
}

export interface AttentionOptions extends LinearOptions {
  /** Whether each time sees only itself and what came before. */
  readonly isCausal?: boolean;
  /** Whether queries and keys are turned by their times, so that products depend on distances. */
  readonly rotary?: boolean;
  /** Of what mixes a branch's findings for the residual stream; as `weight` by default. */
  readonly outputWeight?: InitialOf | undefined;
}

/** The options of the layer that ends a branch. */
const endingOf = ({
  outputWeight,
  ...options
}: LinearOptions & Pick<AttentionOptions, "outputWeight">): LinearOptions =>
  outputWeight ? { ...options, weight: outputWeight } : options;

/**
 * Multi-head self-attention, x [B, T, width] → [B, T, width]: `qkv` makes queries, keys and values, one after the other, of
 * all heads, and `output` mixes what the heads found.
 *
 * Source: Vaswani et al., "Attention Is All You Need" (2017), section 3.2.2.
 */
export function attention(
  width: number,
  heads: number,
  { isCausal = false, rotary = false, outputWeight, ...options }: AttentionOptions = {},
): Model {
  graph.demand(
    Number.isInteger(heads) && heads > 0 && width % heads === 0,
    () => `attention: a width that does not divide into heads (got ${width} in ${heads}). Choose a divisor.`,
  );
  const parts = {
    qkv: linear(width, 3 * width, options),
    output: linear(width, width, endingOf({ ...options, outputWeight })),
  };
  return model(parts, ({ qkv, output }, x: Tensor) => {
    const [batch, times] = x.shape as readonly [number, number];
    const [q, k, v] = graph
      .split(qkv(x), 3, -1)
      .map((part) => graph.reshape(part, [batch, times, heads, width / heads])) as [Tensor, Tensor, Tensor];
    const turned = (part: Tensor): Tensor => (rotary ? graph.rotary(part) : part);
    return output(graph.reshape(graph.attention(turned(q), turned(k), v, { isCausal }), [batch, times, width]));
  });
}

export interface TransformerBlockOptions extends AttentionOptions {
  /** Of what is added to the residual stream. */
  readonly dropout?: number;
}

/**
 * A pre-norm block: x + attention(norm x), then x + MLP(norm x) with GELU and four times the width inside.
 *
 * Source: Radford et al., "Language Models are Unsupervised Multitask Learners" (2019), section 2.3; GPT-2.
 */
export function transformerBlock(
  width: number,
  heads: number,
  { dropout = 0, ...options }: TransformerBlockOptions = {},
): Model {
  const { isCausal, rotary, outputWeight, ...ofLinear } = options;
  const ending = endingOf({ ...ofLinear, outputWeight });
  const mlp = { expand: linear(width, 4 * width, ofLinear), contract: linear(4 * width, width, ending) };
  const parts = { norm1: layerNorm(width), attention: attention(width, heads, options), norm2: layerNorm(width), mlp };
  return model(parts, ({ norm1, attention, norm2, mlp: { expand, contract } }, x: Tensor) => {
    const attended = graph.add(x, graph.dropout(attention(norm1(x)), dropout));
    return graph.add(attended, graph.dropout(contract(graph.gelu(expand(norm2(attended)))), dropout));
  });
}
