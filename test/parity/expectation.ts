/** What the reference makes of a case: what goes in at each step, and what is there after the last. */
import type { Gpu } from "../../src/gpu/index.ts";
import { blockShape, matricesOf } from "../../src/optim/factors/geometry.ts";
import { exemptByDefault } from "../../src/optim/index.ts";
import { elementsOf, shapeOfState } from "../../src/optim/stateShape.ts";
import type { Variant } from "../../src/optim/variant.ts";
import { float32, stored, surrounded, type Tiling, type Values } from "../../src/reference/index.ts";
import type { ParityCase, ParityTensor } from "./cases.ts";
import { gradientAt, initialParam } from "./fixtures.ts";
import { GuardTwin } from "./guardTwin.ts";
import { referenceOf, resolvedHyper } from "./rules.ts";
import { roundedTo, spread, storageOf } from "./storage.ts";

type Floats = Float32Array<ArrayBuffer>;
/** What the reference holds of a tensor. */
type Twin = { param: Values; grad: Values } & Record<string, Values>;
export interface Expectation {
  /** Parameters before the first step, a tensor after the other. */
  readonly start: readonly Floats[];
  /** Gradients, step by step. */
  readonly grads: readonly (readonly Floats[])[];
  /** By tensor and name, `param` or a state's: the numbers, and the largest magnitude that each of them has had. */
  readonly found: readonly ReadonlyMap<string, { readonly values: Values; readonly largest: Values }>[];
}

/** Runs a case by the reference, in float32; `stateNames` and `variant` say which states its rule has. */
export function expectationOf(
  gpu: Gpu,
  test: ParityCase,
  stateNames: readonly string[],
  variant: Variant,
): Expectation {
  const { tensors, rows, steps, seed, profile, averageDecay = 0 } = test;
  const storage = storageOf(test.storage);
  const counts = tensors.map(({ shape }) => elementsOf(shape));
  const twins = tensors.map(({ shape }, i): Twin & { shape: readonly number[] } => {
    const count = counts[i] as number;
    const param = roundedTo(storage.dtype, initialParam(seed + i, count));
    const states = stateNames.map((name) => {
      const elements = elementsOf(shapeOfState(variant, name, shape) ?? [0]);
      return [name, new Float32Array(name.endsWith("Scale") ? Math.ceil(elements / 256) : elements)] as const;
    });
    return Object.assign({ param, grad: new Float32Array(count), ...Object.fromEntries(states) } as Twin, { shape });
  });
  const found = twins.map((twin) => {
    const names = ["param", ...stateNames];
    return new Map(
      names.map((name) => [name, { values: twin[name] as Values, largest: (twin[name] as Values).slice() }]),
    );
  });
  const start = twins.map(({ param }) => (param as Floats).slice());
  const decayAt = typeof averageDecay === "function" ? averageDecay : () => averageDecay;
  const order = inOrder(test);
  const references = tensors.map((tensor) =>
    surrounded(stored(referenceOf(test.rule), storage, order.indexOf(tensor)), decayAt),
  );
  const tilings = tensors.map(({ shape }) => tilingOf(gpu, shape));
  const guard = new GuardTwin(test.gradients ?? {}, tilingOf(gpu));
  const all: Floats[][] = [];
  let taken = 0;
  for (let tried = 1; tried <= steps; tried++) {
    const grads = counts.map((count, i) => {
      const grad = gradientAt(seed + i, tried, count).map((g, k) => g * guard.scale * (test.storage ? spread(k) : 1));
      return roundedTo(storage.dtype, grad);
    });
    if (test.gradients && tried % 7 === 3) spoil(grads, tried);
    all.push(grads);
    const { isSkipped, used } = guard.judge(grads);
    if (isSkipped) continue;
    const t = ++taken;
    const hypers = rows.map((row) => resolvedHyper(row, t));
    for (const [i, twin] of twins.entries()) {
      const spec = tensors[i] as ParityTensor;
      const hyper = hypers[spec.paramGroup] as ReturnType<typeof resolvedHyper>;
      const spared = test.exempt && exemptByDefault(spec) ? { ...hyper, weightDecay: 0 } : hyper;
      twin.grad = used[i] as Values;
      references[i]?.(twin, spared, t, float32, profile, tilings[i]);
      for (const { values, largest } of found[i]?.values() ?? []) grow(largest, values);
    }
  }
  return { start, grads: all, found };
}

/** The tensors in the order in which the optimizer numbers them: group by group, those that decay first. */
function inOrder({ rows, tensors, exempt }: ParityCase): ParityTensor[] {
  return rows.flatMap((_, group) => {
    const own = tensors.filter(({ paramGroup }) => paramGroup === group);
    const spared = own.filter((tensor) => exempt && exemptByDefault(tensor));
    return [...own.filter((tensor) => !spared.includes(tensor)), ...spared];
  });
}

/** Makes one element of one tensor infinite, or none where that tensor is empty. */
function spoil(grads: readonly Float32Array[], step: number): void {
  const grad = grads[step % grads.length];
  if (grad) grad[(step * 37) % Math.max(grad.length, 1)] = step % 2 ? Infinity : -Infinity;
}

/** How the optimizer cuts a tensor into tiles, and one of these sides into blocks. */
export function tilingOf({ limits }: Gpu, shape: readonly number[] = []): Tiling {
  const most = Math.min(256, limits.maxComputeInvocationsPerWorkgroup, limits.maxComputeWorkgroupSizeX);
  const lanes = 2 ** Math.floor(Math.log2(most));
  const room = limits.maxStorageBufferBindingSize - limits.minStorageBufferOffsetAlignment;
  const matrices = matricesOf(shape);
  const rounds = Math.max(1, Math.min(8, Math.floor(room / (16 * lanes))));
  return { lanes, rounds, ...(matrices && { blockRows: blockShape(matrices, room).rows }) };
}

/** Keeps the largest magnitude so far. */
function grow(largest: Values, values: Values): void {
  for (let i = 0; i < values.length; i++) {
    largest[i] = Math.max(Math.abs(largest[i] as number), Math.abs(values[i] as number));
  }
}
