import type { ShaderPart } from "../gpu/index.ts";
import { Decay } from "./decay.ts";
import { HyperparameterError } from "./errors.ts";
import { type HyperInput, type HyperValues, valuesAt, withDefaults } from "./hyperparameters.ts";
import type { Scalar } from "./schedules/schedule.ts";

/** `accurate` (default) rounds once where it matters; `torch` follows PyTorch's order of operations. */
export type Profile = "accurate" | "torch";

/** What a rule takes: PyTorch's names, each with a default; numbers may also be functions of the step. */
export type RuleOptions<H> = {
  [K in keyof H]?: H[K] extends number ? (K extends "weightDecay" ? Scalar | Decay : Scalar) : H[K];
} & { profile?: Profile };

/** The state and the shader that some values of the hyperparameters ask for. */
export interface Variant {
  /** Names of the state buffers, in the order of their bindings in bind group 1. */
  readonly state: readonly string[];
  /** The sides of a state of a tensor, where they are not always the tensor's; undefined for one that it does not have. */
  readonly stateShape?: (state: string, shape: readonly number[]) => readonly number[] | undefined;
  /** The rule's WGSL: its own file and the parts it stands on. */
  readonly parts: readonly ShaderPart[];
}

/** All that makes an update rule: what `src/optim/rules/` writes down. */
export interface RuleDefinition<H> {
  readonly name: string;
  readonly defaults: H;
  /** `coupled`: the decay enters the gradient (L2 regularization). `decoupled`: it shrinks the weight itself. */
  readonly decay: "coupled" | "decoupled" | ((hyper: H) => "coupled" | "decoupled");
  /** Options that ask for other state: one value for all groups, from the start. */
  readonly switches?: readonly (keyof H & string)[];
  /** `uses` tells whether a hyperparameter is, or may become, anything but 0 or false. */
  variant(uses: (name: keyof H) => boolean): Variant;
  /**
   * The fields of the shader's `struct Hyper`, in its order, at step t (1 at the first). In float64: they are rounded to
   * float32 once, when they are written.
   */
  scalars(hyper: H, t: number, profile: Profile): Record<string, number>;
}

/** An update rule with its hyperparameters: what `createOptimizer` takes. */
export interface UpdateRule {
  readonly name: string;
  readonly profile: Profile;
  readonly decay: "coupled" | "decoupled";
  /** See `RuleDefinition.switches`. */
  readonly switches: readonly string[];
  /** The hyperparameters at step t, checked. */
  hyperAt(t: number): HyperValues;
  /** See `RuleDefinition.scalars`. */
  scalars(hyper: HyperValues, t: number): Record<string, number>;
  /** See `RuleDefinition.variant`. */
  variant(uses: (name: string) => boolean): Variant;
  /** Whether a hyperparameter is, or may become, anything but 0 or false. */
  uses(name: string): boolean;
  /** The same rule with some hyperparameters replaced. */
  with(options: HyperInput): UpdateRule;
}

/**
 * Makes a rule's constructor, such as `adamw`, out of its definition.
 * @throws HyperparameterError, from the constructor, for a value that the rule cannot use.
 */
export function defineRule<H extends object>(definition: RuleDefinition<H>): (options?: RuleOptions<H>) => UpdateRule {
  return ({ profile = "accurate", ...options } = {}) => {
    if (profile !== "accurate" && profile !== "torch") {
      throw new HyperparameterError(
        `${definition.name}: profile must be "accurate" or "torch", got ${String(profile)}.`,
      );
    }
    const defaults = { ...definition.defaults } as HyperInput;
    return build(
      definition as unknown as RuleDefinition<HyperValues>,
      profile,
      withDefaults(definition.name, defaults, options as HyperInput),
    );
  };
}

function build(definition: RuleDefinition<HyperValues>, profile: Profile, input: HyperInput): UpdateRule {
  const { name, decay, switches = [] } = definition;
  const first = valuesAt(name, input, 1);
  const kind = typeof decay === "function" ? decay(first) : decay;
  if (kind === "coupled" && input.weightDecay instanceof Decay) {
    throw new HyperparameterError(
      `${name}: its decay goes through the gradient, so it has no shrink of its own (got ${input.weightDecay}, allowed a ` +
        "number or a function of the step). Use a rule that decouples, such as sgdw or adamw.",
    );
  }
  return {
    name,
    profile,
    decay: kind,
    switches,
    hyperAt: (t) => valuesAt(name, input, t),
    scalars: (hyper, t) => definition.scalars(hyper, t, profile),
    variant: (uses) => definition.variant(uses),
    uses: (key) => input[key] !== 0 && input[key] !== false,
    with: (options) => build(definition, profile, withDefaults(name, input, options)),
  };
}
