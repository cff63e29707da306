import { elementsOf, type Shape, type Tensor } from "../graph/index.ts";
import { extrasOf } from "../optim/families.ts";
import {
  DuplicateParameterError,
  exemptByDefault,
  type HyperValues,
  type OptimizerOptions,
  type ParamGroupInput,
  ShapeError,
  type UpdateRule,
} from "../optim/index.ts";
import { type CheckedOptions, checkOptions } from "../optim/options.ts";
import { shapeOfState } from "../optim/stateShape.ts";
import { blocksIn, type StateStorage } from "../optim/storage.ts";
import * as reference from "../reference/index.ts";
import { evaluationPoint, float32, type Step, type StoredTensor, stored, surrounded } from "../reference/index.ts";

type Floats = Float32Array<ArrayBuffer>;

/** A parameter as the reference's rules take it, with its states. */
interface CpuTensor extends StoredTensor {
  readonly param: Floats;
  readonly shape: Shape;
  readonly [state: string]: unknown;
}

interface Member {
  readonly tensor: CpuTensor;
  readonly rule: UpdateRule;
  readonly isExempt: boolean;
  readonly update: Step<CpuTensor, HyperValues>;
}

/** A parameter of the model, with its numbers, which are updated in place. */
interface Trained {
  readonly leaf: Tensor;
  readonly param: Floats;
}

/** The reference functions by the names of their rules. */
const updates = reference as unknown as Readonly<Record<string, Step<CpuTensor, HyperValues>>>;

/** The update rules by the CPU reference, in float32: what `createOptimizer` makes on the GPU. */
export class CpuOptimizer {
  readonly #members = new Map<Tensor, Member>();
  #steps = 0;

  /** @throws HyperparameterError, ShapeError and DuplicateParameterError, as `createOptimizer`. */
  constructor(
    trained: ReadonlyMap<string, Trained>,
    optimizer: UpdateRule,
    groups: readonly ParamGroupInput[],
    options: OptimizerOptions,
  ) {
    const checked = checkOptions(options);
    for (const { tensors, rule = optimizer, hyper = {}, exempt = exemptByDefault } of groups) {
      const own = rule.with(hyper);
      // The streams of stochastic rounding are numbered group by group, those that decay first.
      for (const isExempt of [false, true]) {
        for (const each of tensors.filter((tensor) => exempt(tensor) === isExempt)) {
          this.#add(each.name, trained.get(each.name), own, isExempt, checked);
        }
      }
    }
  }

  /** @throws HyperparameterError where a schedule gives the next step a value that its rule cannot use. */
  check(): void {
    for (const { rule } of this.#members.values()) rule.hyperAt(this.#steps + 1);
  }

  /** Updates every parameter that is in a group; the gradients are those of the leaves. */
  step(gradients: ReadonlyMap<Tensor, Floats>): void {
    this.#steps += 1;
    for (const [leaf, { tensor, rule, isExempt, update }] of this.#members) {
      tensor.grad = gradients.get(leaf) as Floats;
      const hyper = { ...rule.hyperAt(this.#steps), ...(isExempt && { weightDecay: 0 }) };
      update(tensor, hyper, this.#steps, float32, rule.profile);
    }
  }

  /** The numbers to evaluate with, of a parameter that is evaluated with others than it is trained with. */
  evaluated(leaf: Tensor): Floats | undefined {
    const { tensor, rule } = this.#members.get(leaf) ?? {};
    if (!tensor || !rule || this.#steps === 0) return undefined;
    if (tensor.average) return tensor.average as Floats;
    if (!rule.evaluation) return undefined;
    const { state, share } = rule.evaluation;
    const z = tensor[state] as Floats;
    const beta = 1 / (1 - share(rule.hyperAt(this.#steps)));
    return tensor.param.map((y, i) => evaluationPoint(y, z[i] as number, beta, float32));
  }

  #add(name: string, trained: Trained | undefined, rule: UpdateRule, isExempt: boolean, options: CheckedOptions): void {
    if (!trained) throw new ShapeError(`tensor "${name}": the model has no such parameter. Give those that it has.`);
    const { leaf, param } = trained;
    const { shape } = leaf;
    if (this.#members.has(leaf)) {
      throw new DuplicateParameterError(`tensor "${name}": it was given twice. Give each parameter to one group.`);
    }
    rule.checkTensor({ name, shape });
    const variant = rule.variant((each) => rule.uses(each));
    const states = [...variant.state, ...Object.keys(extrasOf({ variant, around: options.around }, "float32"))];
    const zeros = states.flatMap((state) => {
      const sides = shapeOfState(variant, state, shape);
      if (!sides) return [];
      const elements = elementsOf(sides);
      return [[state, new Float32Array(state.endsWith("Scale") ? blocksIn(elements) : elements)] as const];
    });
    const [kind = "float32"] = Object.values(variant.kinds ?? {}) as StateStorage[];
    const storage = { dtype: "float32", states: kind, seed: options.seed } as const;
    const { averageDecay } = options;
    const update = surrounded(
      stored(updates[rule.name] as Step<CpuTensor, HyperValues>, storage, this.#members.size),
      typeof averageDecay === "function" ? averageDecay : () => averageDecay,
    );
    const tensor: CpuTensor = { ...Object.fromEntries(zeros), param, grad: param, shape };
    this.#members.set(leaf, { tensor, rule, isExempt, update });
  }
}
