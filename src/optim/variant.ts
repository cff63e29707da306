/** The kernels that a rule asks for. */
import type { Dispatch, Gpu, ShaderPart, Slice } from "../gpu/index.ts";
import type { Dtype, StateKind, StateSlice } from "./storage.ts";

/** `accurate` (default) rounds once where it matters; `torch` follows PyTorch's order of operations. */
export type Profile = "accurate" | "torch";

/** A kernel over the tiles before the update, which adds up numbers over each tensor. At most one a variant. */
export interface MeasurePass {
  readonly kind: "measure";
  /** WGSL with `const SUMS` and `fn measure`: see shaders/optim/parts/measure.wgsl. */
  readonly parts: readonly ShaderPart[];
  /** Sums a tensor. */
  readonly sums: number;
  /** Whether the update needs the gradient no more, so that it can be zeroed here. */
  readonly takesGradient?: boolean;
}

/** Work before the update that is not done tile by tile. */
export interface CustomPass {
  readonly kind: "custom";
  /** The WGSL of its kernels, by name, without what `rowParts` brings. */
  readonly kernels: Readonly<Record<string, readonly ShaderPart[]>>;
  /** Elements that a lane of theirs works on: 4 where it is left out. */
  readonly lanes?: 4 | 1;
  build(context: PassContext, kernels: CustomPass["kernels"]): Promise<BuiltPass>;
}

export type Pass = MeasurePass | CustomPass;

/** The state and the shader that some values of the hyperparameters ask for. */
export interface Variant {
  /** Names of the state buffers, in the order of their bindings in bind group 1. */
  readonly state: readonly string[];
  /** What they are arrays of, where that is not float32. Those in `float8` have scales beside them. */
  readonly kinds?: Readonly<Record<string, StateKind>>;
  /**
   * The sides of a state of a tensor, where they are not always the tensor's; undefined for one that it does not have. All
   * states of a tensor are then packed into one slice, binding 0: see `fn packed` of shaders/optim/parts/tiles.wgsl.
   */
  readonly stateShape?: (state: string, shape: readonly number[]) => readonly number[] | undefined;
  /** Floats behind a tensor's packed states, for the rule's passes. Nothing in them outlasts a step. */
  readonly workspace?: (shape: readonly number[]) => number;
  /** Names of buffers like the states, behind them in bind group 1, of which nothing outlasts a step: see scratch.ts. */
  readonly scratch?: readonly string[];
  /** The rule's WGSL: its own file and the parts it stands on. */
  readonly parts: readonly ShaderPart[];
  /** What comes before the update, in order. */
  readonly passes?: readonly Pass[];
  /** Bytes read and written a parameter and step, where they are not 4 for each load and store of the update alone. */
  readonly bytes?: number | ((shape: readonly number[]) => number);
  /** What the decay pulls towards, and when: `toZero` where it is left out. */
  readonly decay?: "toZero" | "toStart" | "cautious";
}

/** What an optimizer adds to its rules' shaders. */
export interface Around {
  /** Whether the gradients are looked at before they are used: see shaders/optim/gradients/. */
  readonly isGuarded: boolean;
  readonly hasAverage: boolean;
  /** Whether parameters in half precision are copies of float32 masters, which the optimizer keeps. */
  readonly hasMasters: boolean;
}

/** A tensor as a custom pass sees it. */
export interface PassTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly elements: number;
  readonly dtype: Dtype;
  readonly param: Slice;
  readonly grad: Slice;
  /** Also the scratch, by its names. */
  readonly states: ReadonlyMap<string, StateSlice>;
  /** Its packed states: see `Variant.stateShape`. */
  readonly pack: Slice | undefined;
  /** Its number among the optimizer's tensors. */
  readonly index: number;
}

/** What a custom pass is built from. */
export interface PassContext {
  readonly gpu: Gpu;
  readonly profile: Profile;
  readonly around: Around;
  /** Values for the overrides of shaders/optim/parts/gradient.wgsl. */
  readonly constants: Readonly<Record<string, number>>;
  /** Tensors without elements are left out. */
  readonly tensors: readonly PassTensor[];
  /** What binding 3 of bind group 0 is: the step's rows. */
  readonly rows: Slice;
  /** What the measure pass adds up, `sums` floats a tensor by its index, where the variant has one. */
  readonly totals: Slice | undefined;
}

export interface BuiltPass {
  readonly dispatches: readonly Dispatch[];
  /** Says which row of scalars each tensor has, by name; one that has none is frozen. */
  assign?(rowOf: ReadonlyMap<string, number>): void;
  release(): void;
}
