/**
 * The reference, run over a row of the parity table from the fixtures' inputs: what it holds at the recorded steps, and
 * the scale on which an error there is measured.
 */

import type { UpdateRule } from "../../src/optim/index.ts";
import { elementsOf, shapeOfState } from "../../src/optim/stateShape.ts";
import { float32, float64, type Profile, type Values } from "../../src/reference/index.ts";
import {
  countOf,
  fixtureSeed,
  fixtureSteps,
  gradientAt,
  initialParam,
  recordedSteps,
  type TensorName,
  type Tensors,
  torchDefaults,
} from "./fixtures.ts";
import { optionsOf, referenceOf, ruleOf } from "./rules.ts";
import { hyperAt, type Row, type RowHyper } from "./table.ts";

type Hyper = Required<RowHyper>;

export interface Recorded {
  t: number;
  tensors: Tensors;
  /** For each element the largest magnitude that it, or a term summed into it, has had so far. */
  scales: Tensors;
}

export interface Length {
  count: number;
  steps: number;
  recorded: readonly number[];
}

const fixtureLength = { steps: fixtureSteps, recorded: recordedSteps };

export function trace(
  row: Row,
  precision: "float32" | "float64",
  profile: Profile,
  { count, steps, recorded }: Length = { ...fixtureLength, count: countOf(row) },
): Recorded[] {
  const zeros = (length = count) => (precision === "float32" ? new Float32Array(length) : new Float64Array(length));
  const round = precision === "float32" ? float32 : float64;
  const hyperOf = (t: number): Hyper => ({ ...torchDefaults(row.rule), ...hyperAt(row, t) });

  const param = zeros();
  param.set(initialParam(fixtureSeed, count));
  const grad = zeros();
  const tensors: Tensors = { param };
  const rule = ruleOf(row.rule)(optionsOf(row));
  const variant = rule.variant(rule.uses);
  const shape = row.shape ?? [count];
  for (const name of variant.state) {
    const sides = shapeOfState(variant, name, shape);
    if (sides) tensors[name as TensorName] = zeros(elementsOf(sides));
  }
  const scales: Tensors = {};
  for (const name of namesOf(tensors)) scales[name] = new Float64Array(tensors[name]!.length);

  const kept: Recorded[] = [];
  for (let t = 1; t <= steps; t++) {
    const hyper = hyperOf(t);
    grad.set(gradientAt(fixtureSeed, t, count));
    const terms = largestTerms(rule.decay, hyper, t, param, grad);
    referenceOf(row.rule)({ ...tensors, param, grad, shape }, hyper, t, round, profile);
    for (const name of namesOf(tensors)) {
      const scale = scales[name]!;
      scale.forEach((before, i) => {
        scale[i] = Math.max(before, Math.abs(tensors[name]![i]!), terms[name]?.[i] ?? 0);
      });
    }
    if (recorded.includes(t)) kept.push({ t, tensors: structuredClone(tensors), scales: structuredClone(scales) });
  }
  return kept;
}

/**
 * The largest magnitude of what step t sums into each tensor. Where the decay goes through the gradient, g + λp may
 * cancel: its rounding error is then that of the terms, which the small sum alone would not show.
 */
function largestTerms(decay: UpdateRule["decay"], hyper: Hyper, t: number, param: Values, grad: Values): Tensors {
  const gradient = Float64Array.from(grad, (g, i) =>
    Math.max(Math.abs(g), decay === "coupled" || decay === "scaled" ? hyper.weightDecay * Math.abs(param[i]!) : 0),
  );
  const gradientShare = t === 1 ? 1 : 1 - hyper.dampening;
  // A rule has one of the three; the others are 0.
  const square = gradient.map((g) => (1 - Math.max(hyper.beta2, hyper.alpha, hyper.rho)) * g * g);
  return {
    param: Float64Array.from(param, Math.abs),
    velocity: gradient.map((g) => gradientShare * g),
    m: gradient.map((g) => (1 - hyper.beta1) * g),
    v: square,
    vMax: square,
    variance: gradient.map((g) => t ** hyper.beta2Decay * g * g),
    sum: gradient.map((g) => g * g),
    u: gradient,
    // It acts as √(vDelta + ε): of what is below ε only the error at ε counts.
    vDelta: gradient.map(() => hyper.eps),
    gAvg: gradient.map((g) => (1 - hyper.alpha) * g),
  };
}

export function namesOf(tensors: object): TensorName[] {
  return Object.keys(tensors) as TensorName[];
}
