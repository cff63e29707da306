/** The whole vocabulary of the engine: every node of a graph is one of these. What each computes is with its builder in `ops/`. */
export type Operation =
  | LeafOperation
  | MapOperation
  | DropoutOperation
  | ReduceOperation
  | MatmulOperation
  | ViewOperation
  | ConcatOperation
  | PadOperation
  | RowOperation
  | GatherOperation
  | AttentionOperation
  | ConvolutionOperation;

/** The operation of a name. */
export type OperationOf<Name extends Operation["op"]> = Extract<Operation, { op: Name }>;

export type Role = "weight" | "bias" | "norm" | "embedding";

/** How a parameter starts: its elements, in order, or one number for all of them. */
export type Initial = number | ((elements: number, seed: number, stream: number) => Float32Array<ArrayBuffer>);

export type LeafOperation =
  /** What is trained; its decay depends on the role. */
  | { readonly op: "parameter"; readonly role: Role; readonly initial: Initial }
  /** What a step may change without a gradient, such as a running mean. */
  | { readonly op: "state"; readonly initial: number }
  /** A part of the batch. */
  | { readonly op: "input"; readonly name: string }
  /**
   * The random key of the step, uint32 [1]: another one every step, the same one for the same seed and step. Of a model
   * with copies each has its own, [copies, 1].
   */
  | { readonly op: "key" }
  /** One number, everywhere. */
  | { readonly op: "constant"; readonly value: number };

export const unary = [
  ...(["neg", "abs", "sign", "square", "sqrt", "exp", "log", "softplus"] as const),
  ...(["relu", "gelu", "geluTanh", "silu", "tanh", "sigmoid", "float"] as const),
] as const;
export const binary = [
  ...(["add", "sub", "mul", "div", "maximum", "minimum", "less", "equal"] as const),
  // The second operand is the gradient; the first is the function's output for relu, tanh and sigmoid, else its input.
  ...(["reluGradient", "tanhGradient", "sigmoidGradient"] as const),
  ...(["geluGradient", "geluTanhGradient", "siluGradient"] as const),
] as const;
export const ternary = ["where"] as const;

export type Unary = (typeof unary)[number];
export type Binary = (typeof binary)[number];
export type MapFunction = Unary | Binary | (typeof ternary)[number];

/** A function of each element, operands broadcast as in NumPy. */
export interface MapOperation {
  readonly op: "map";
  readonly fn: MapFunction;
}

/**
 * (x, key) → x where kept, over the share that is kept; else 0. `stream` tells one dropout from another. Of several keys
 * each is for one of as many equal parts of x.
 */
export interface DropoutOperation {
  readonly op: "dropout";
  readonly rate: number;
  readonly stream: number;
}

/** Over the axes, which stay as sides of 1. */
export interface ReduceOperation {
  readonly op: "reduce";
  readonly fn: "sum" | "max";
  readonly axes: readonly number[];
}

/** (a, b) → a · b over the last two axes, each transposed first where it says so. */
export interface MatmulOperation {
  readonly op: "matmul";
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** The same elements, seen otherwise. */
export type ViewOperation =
  | { readonly op: "reshape" }
  | { readonly op: "permute"; readonly axes: readonly number[] }
  | { readonly op: "slice"; readonly starts: readonly number[] }
  /** Sides of 1, repeated. */
  | { readonly op: "expand" };

export interface ConcatOperation {
  readonly op: "concat";
  readonly axis: number;
}

/** Zeros around: `before` of them ahead of each axis, the rest behind. */
export interface PadOperation {
  readonly op: "pad";
  readonly before: readonly number[];
}

/** Over the last axis, row by row. */
export type RowOperation =
  /** x → y; `log` for the logarithm of it. */
  | { readonly op: "softmax"; readonly log: boolean }
  /** (y, dy) → dx */
  | { readonly op: "softmaxGradient"; readonly log: boolean }
  /**
   * (x, weight, bias) → y, mean, rstd of a layer norm; (x, weight) → y, rstd of an RMS norm. A weight and bias of two axes
   * are those of copies, each for one of as many equal parts of x.
   */
  | { readonly op: "norm"; readonly kind: "layer" | "rms"; readonly eps: number }
  /** (x, weight, [mean,] rstd, dy) → dx */
  | { readonly op: "normGradient"; readonly kind: "layer" | "rms" }
  /** (x, [mean,] rstd, dy) → dweight[, dbias] */
  | { readonly op: "normWeightGradient"; readonly kind: "layer" | "rms" }
  /** (logits, labels) → losses, lse */
  | { readonly op: "crossEntropy"; readonly labelSmoothing: number }
  /** (logits, labels, lse, dlosses) → dlogits */
  | { readonly op: "crossEntropyGradient"; readonly labelSmoothing: number }
  /** x → uint32, the first of the largest */
  | { readonly op: "argmax" };

export type GatherOperation =
  /** (table [V, D], ids) → [...ids, D] */
  | { readonly op: "gather" }
  /** (ids, dy) → dtable */
  | { readonly op: "gatherGradient" }
  /** ids [tables, ...] → ids of the same rows in the tables, of so many rows each, laid one after the other */
  | { readonly op: "stackIds"; readonly rows: number };

/** q, k, v, o: [B, T, H, D]. */
export type AttentionOperation =
  /** (q, k, v) → o, lse [B, H, T] */
  | { readonly op: "attention"; readonly isCausal: boolean; readonly scale: number }
  /** (q, k, v, o, lse, do) → dq, dk, dv */
  | { readonly op: "attentionGradient"; readonly isCausal: boolean; readonly scale: number }
  /** x [B, T, H, D] → x turned by the angles of its times, back by them where `isInverse`. */
  | { readonly op: "rotary"; readonly base: number; readonly isInverse: boolean };

export interface Window {
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
}

/** Images are [B, C, H, W]. */
export type ConvolutionOperation =
  /** (x, weight [O, C / groups, KH, KW]) → y */
  | ({ readonly op: "conv2d"; readonly groups: number } & Window)
  /** (dy, weight) → dx */
  | ({ readonly op: "conv2dInputGradient"; readonly groups: number } & Window)
  /** (x, dy) → dweight */
  | ({ readonly op: "conv2dWeightGradient"; readonly groups: number } & Window)
  /** x → y */
  | ({ readonly op: "pool2d"; readonly kind: "max" | "mean"; readonly window: readonly [number, number] } & Window)
  /** (x, dy) → dx */
  | ({
      readonly op: "pool2dGradient";
      readonly kind: "max" | "mean";
      readonly window: readonly [number, number];
    } & Window);

/** Operations on rows, tables, attention and images, whose elements depend on many of their operands' in ways of their own. */
export type KernelOperation =
  | ("softmax" | "softmaxGradient" | "norm" | "normGradient" | "normWeightGradient" | "crossEntropy")
  | (
      | "crossEntropyGradient"
      | "argmax"
      | "gather"
      | "gatherGradient"
      | "stackIds"
      | "attention"
      | "attentionGradient"
      | "rotary"
    )
  | ("conv2d" | "conv2dInputGradient" | "conv2dWeightGradient" | "pool2d" | "pool2dGradient");
