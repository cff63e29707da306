/** The reference as a person would use it: a rule, a start, a gradient, and so many steps. */
import { elementsOf, shapeOfState } from "../../src/optim/stateShape.ts";
import type { Profile, Round, Values } from "../../src/reference/index.ts";
import { float32, float64, surrounded } from "../../src/reference/index.ts";
import { optionsOf, referenceOf, ruleOf } from "../parity/rules.ts";
import { shapeOf } from "../parity/shapes.ts";
import type { Row, RowHyper, RuleName } from "../parity/table.ts";

export interface Run {
  rule: RuleName;
  hyper: RowHyper;
  /** Whether the tensor is a vector or a matrix: the sides of a row of the parity table, whose count does not matter. */
  shape?: Row["shape"] | undefined;
  /** What changes from step to step, as in the parity table. */
  vary?: Row["vary"];
  start: ArrayLike<number>;
  /** The gradient at step t (from 1) where the parameter is `param`. */
  gradient: (t: number, param: Values) => ArrayLike<number>;
  steps: number;
  precision?: "float32" | "float64";
  profile?: Profile;
}

/** The parameter and every state, by name. */
export type State = Record<string, Values> & { param: Values };

/** Takes the steps; `watch` sees the state after each. */
export function run(what: Run, watch: (t: number, state: State) => void = () => {}): State {
  const { rule: name, hyper, vary, start, gradient, steps, precision = "float64", profile = "accurate" } = what;
  const values = (from: ArrayLike<number>): Values =>
    precision === "float32" ? Float32Array.from(from) : Float64Array.from(from);
  const round: Round = precision === "float32" ? float32 : float64;
  const row: Row = { rule: name, desc: "", hyper, ...(vary && { vary }) };
  const rule = ruleOf(name)({ ...optionsOf(row), profile });
  const state: State = { param: values(start) };
  const shape = shapeOf(what, start.length);
  const variant = rule.variant(rule.uses);
  for (const each of variant.state) {
    const sides = shapeOfState(variant, each, shape);
    if (sides) state[each] = values(new Float64Array(elementsOf(sides)));
  }
  if (rule.uses("towardsStart")) state.start = values(new Float64Array(start.length));
  const reference = surrounded(referenceOf(name), () => 0);
  const tensor = { ...state, shape, grad: values(new Float64Array(start.length)) };
  for (let t = 1; t <= steps; t++) {
    tensor.grad = values(gradient(t, state.param));
    reference(tensor, rule.hyperAt(t), t, round, profile);
    watch(t, state);
  }
  return state;
}

/** The parameter where the run ends. */
export const end = (what: Run): Values => run(what).param;

/** The parameter after every step. */
export function trajectory(what: Run): number[][] {
  const points: number[][] = [];
  run(what, (_, { param }) => points.push([...param]));
  return points;
}

/** The largest |a - b|. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.NaN;
  return Math.max(...Array.from(a, (x, i) => Math.abs(x - b[i]!)));
}

export const norm = (w: ArrayLike<number>): number => Math.hypot(...Array.from(w));
