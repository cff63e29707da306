/** The reference takes over a run that is saved as an optimizer's state, and saves it again. */
import type { OptimizerState, TensorState } from "../../src/optim/index.ts";
import { shapeOfState } from "../../src/optim/stateShape.ts";
import { float32, type Values } from "../../src/reference/index.ts";
import {
  bytesOf,
  type Checkpoint,
  checkpointGradient,
  checkpointStart,
  checkpointTensors,
  elementsOf,
  stepsEach,
  tensorsOf,
} from "./checkpoints.ts";
import { decodeFloat32, worstUlpError } from "./fixtures.ts";
import { referenceOf, resolvedHyper, ruleOf } from "./rules.ts";
import type { Row } from "./table.ts";

type Tensor = { param: Values; grad: Values } & Record<string, Values>;

/** Goes on with a run from the step after `from` to step `to`, in the torch profile; `params` are updated in place. */
export function resume(
  row: Row,
  saved: OptimizerState,
  params: readonly Values[],
  from: number,
  to: number,
  watch: (tensor: number, values: Tensor) => void = () => {},
): OptimizerState {
  const tensors = tensorsOf(row).map(({ name, shape, rests }, i): [string, TensorState] => {
    const before = saved.tensors.get(name) as TensorState;
    const tensor = { param: params[i] as Values, ...Object.fromEntries(before.states) } as Tensor;
    const given = { ...tensor, shape };
    let { stepCount } = before;
    for (let t = from + 1; t <= to; t++) {
      if (rests(t)) continue;
      given.grad = checkpointGradient(i, t);
      stepCount += 1;
      referenceOf(row.rule)(given, resolvedHyper(row, stepCount), stepCount, float32, "torch");
      watch(i, tensor);
    }
    return [name, { ...before, stepCount }];
  });
  const stepCount = Math.max(...tensors.map(([, tensor]) => tensor.stepCount));
  return { ...saved, stepCount, tensors: new Map(tensors) };
}

/** The state of a run that has not begun. */
function beginning(row: Row): OptimizerState {
  const rule = ruleOf(row.rule)(row.hyper);
  const variant = rule.variant(rule.uses);
  const tensors = tensorsOf(row).map(({ name, shape }): [string, TensorState] => {
    const states = variant.state.flatMap((each) => {
      const sides = shapeOfState(variant, each, shape);
      return sides ? [[each, new Float32Array(elementsOf(sides))] as const] : [];
    });
    return [name, { shape, stepCount: 0, isFrozen: false, states: new Map(states) }];
  });
  return { rule: row.rule, profile: "torch", stepCount: 0, tensors: new Map(tensors) };
}

/** For each tensor and each of its numbers, by state, the largest magnitude that it has in the whole run. */
function scalesOf(row: Row): Record<string, Values>[] {
  const scales = checkpointTensors.map((_, i): Record<string, Values> => ({ param: checkpointStart(i).map(Math.abs) }));
  const params = checkpointTensors.map((_, i) => checkpointStart(i));
  resume(row, beginning(row), params, 0, 3 * stepsEach, (i, values) => {
    const scale = scales[i] as Record<string, Values>;
    for (const [name, numbers] of Object.entries(values)) {
      const known = scale[name] ?? new Float32Array(numbers.length);
      scale[name] = known.map((x, k) => Math.max(x, Math.abs(numbers[k] as number)));
    }
  });
  return scales;
}

/** A run at one step, as its numbers and its state. */
export type Held = Pick<OptimizerState, "tensors"> & { readonly params: readonly Values[] };

/**
 * The largest difference between two runs of a row, in ulps of the largest magnitude that the element has had; NaN, which no
 * bound admits, where they have other tensors, states or step counts.
 */
export function apart(row: Row, a: Held, b: Held): number {
  const facts = ({ tensors }: Held): string =>
    JSON.stringify([...tensors].map(([name, { states, ...rest }]) => [name, rest, [...states.keys()]]));
  if (facts(a) !== facts(b)) return Number.NaN;
  const scales = scalesOf(row);
  const errors = checkpointTensors.flatMap(({ name }, i) => {
    const [x, y] = [a, b].map(({ params, tensors }): [string, Values][] => {
      const { states } = tensors.get(name) as TensorState;
      return [["param", params[i] as Values], ...(states as ReadonlyMap<string, Values>)];
    }) as [[string, Values][], [string, Values][]];
    return x.map(([state, values], k) => {
      const scale = scales[i]?.[state] ?? values.map(() => 0);
      return worstUlpError(values, y[k]?.[1], scale);
    });
  });
  return Math.max(...errors);
}

/** What a checkpoint holds. */
export function held({ params, file }: Checkpoint, read: (file: Uint8Array) => OptimizerState): OptimizerState & Held {
  return { ...read(bytesOf(file)), params: params.map(decodeFloat32) };
}
